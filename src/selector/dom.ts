/**
 * The nodes of a page's tree, for HTML and XML alike. Plain classes whose fields are named as domhandler's; domhandler's own nodes cost
 * twice the time and heap.
 */
export type ParentNode = Document | Element
/** Anything that can be somebody's child. */
export type ChildNode = Element | Text | Comment | ProcessingInstruction
/** Any node of a tree. */
export type Node = Document | ChildNode

/** The root of a tree. */
export class Document {
  readonly type = 'root'
  readonly parent: null = null
  readonly prev: null = null
  readonly next: null = null
  children: ChildNode[] = []
  /** Position in document order; -1 until somebody needs it. */
  order = -1
  /** How names are compared and how the tree is written out. */
  readonly kind: 'html' | 'xml'

  constructor(kind: 'html' | 'xml') {
    this.kind = kind
  }
}

/** An element. */
export class Element {
  readonly type = 'tag'
  /** As written, prefix included; lower case in HTML. */
  name: string
  /** '' for none, and for everything in HTML outside of svg and math. */
  namespace: string
  /**
   * By name as written (XML: prefix and `xmlns` declarations included), in the order of the source. Has no prototype.
   * Elements without attributes share one frozen object, so replace it rather than write to it.
   */
  attribs: Record<string, string>
  parent: ParentNode | null = null
  prev: ChildNode | null = null
  next: ChildNode | null = null
  children: ChildNode[] = []
  order = -1

  constructor(name: string, attribs: Record<string, string>, namespace: string) {
    this.name = name
    this.attribs = attribs
    this.namespace = namespace
  }
}

/** A run of text. */
export class Text {
  readonly type = 'text'
  data: string
  parent: ParentNode | null = null
  prev: ChildNode | null = null
  next: ChildNode | null = null
  order = -1

  constructor(data: string) {
    this.data = data
  }
}

/** A comment. */
export class Comment {
  readonly type = 'comment'
  data: string
  parent: ParentNode | null = null
  prev: ChildNode | null = null
  next: ChildNode | null = null
  order = -1

  constructor(data: string) {
    this.data = data
  }
}

/**
 * An XML processing instruction. A name that begins with `!` is none of those, but something XPath does not see:
 * `!doctype`, or `!entity`, a reference (`data` names it) to an entity that the document itself declares and that is never expanded.
 */
export class ProcessingInstruction {
  readonly type = 'directive'
  name: string
  data: string
  parent: ParentNode | null = null
  prev: ChildNode | null = null
  next: ChildNode | null = null
  order = -1

  constructor(name: string, data: string) {
    this.name = name
    this.data = data
  }
}
