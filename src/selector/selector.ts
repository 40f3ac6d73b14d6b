import { UsageError } from '../errors.ts'
import { stripNamespaces } from './change-tree.ts'
import type { Node } from './dom.ts'
import {
  attributesOf,
  contentOf,
  dropMatch,
  matchContent,
  type RegexOptions,
  selectCss,
  selectJmespath,
  selectXPath,
} from './select.ts'
import { detectType, type JsonValue, type Match, readText, SelectorContext, type SelectorType } from './selector-context.ts'
import type { AttributeNode } from './xpath/attribute-node.ts'

export type { RegexOptions } from './select.ts'
export type { JsonValue, SelectorType } from './selector-context.ts'

/** What a selector is made of: a text, or a node or value that is there already. */
export interface SelectorInit {
  /** Parsed when somebody asks for something in it. */
  text?: string
  /** @default found out from the text: 'json' for an object or list, 'xml' when it begins with `<?xml`, otherwise 'html' */
  type?: SelectorType
  /** Instead of `text`: a node of a tree, or for type 'json' and 'text' a value. */
  root?: Node | JsonValue
  /** URI by prefix, for names such as `dc:creator` in XPath and `dc|creator` in CSS. */
  namespaces?: Readonly<Record<string, string>>
}

/** Values for the `$name` of an XPath expression. */
export type XPathVariables = Readonly<Record<string, string | number | boolean>>

/** @see Selector.xpath */
export interface XPathOptions {
  /** URI by prefix, for this query only. */
  namespaces?: Readonly<Record<string, string>>
}

/**
 * A part of a page, or all of it, to select in. As in parsel: `css()`, `xpath()` and `jmespath()` give lists of selectors, `get()`, `getall()`
 * and `re()` take text out. The page is parsed once, by the first that needs its tree.
 *
 * `T` is what `get()` gives: text for HTML and XML, any JSON value behind `jmespath()`.
 *
 * @example
 * const page = new Selector({ text: '<li><a href="/1">One</a>' })
 * page.css('li a::attr(href)').get() // '/1'
 * for (const item of page.css('li')) item.xpath('a/text()').get() // 'One'
 */
export class Selector<T = string> {
  #context: SelectorContext
  /** Until it is parsed. */
  #text: string | undefined
  #match: Match

  constructor(init: SelectorInit)
  /** @internal */
  constructor(context: SelectorContext, match: Match)
  constructor(init: SelectorInit | SelectorContext, match?: Match) {
    if (init instanceof SelectorContext) {
      this.#context = init
      this.#match = match
      return
    }
    const { text, type, root, namespaces = {} } = init
    if ((text === undefined) === (root === undefined))
      throw new UsageError('ERR_SELECTOR', 'a Selector needs either text or root')
    if (text !== undefined && typeof text !== 'string') {
      throw new UsageError('ERR_SELECTOR', `the text of a Selector must be a string, not ${text === null ? 'null' : typeof text}`)
    }
    this.#text = text
    this.#match = root
    this.#context = new SelectorContext(type ?? (text === undefined ? typeOfRoot(root) : detectType(text)), { ...namespaces })
  }

  get type(): SelectorType {
    return this.#context.type
  }

  /** The node, or the value that XPath or JMESPath gave (numbers and booleans as such). Of a page its root element. */
  get root(): Node | AttributeNode | JsonValue | undefined {
    if (this.#text !== undefined) {
      this.#match = readText(this.#text, this.#context.type)
      this.#text = undefined
    }
    return this.#match
  }

  /**
   * What a CSS selector finds, in document order. Beside CSS itself: `::text` (the texts in an element; `p ::text` with a space: in elements
   * inside of it too), `::attr(name)`, `:contains("text")`, `[a!=b]`. The search covers this element itself too, and the whole selector
   * must match inside of it; `:scope` is this element.
   *
   * @throws SkeinError `ERR_SELECTOR` for what is no selector
   */
  css(query: string): SelectorList {
    return new SelectorList(
      this.#resultContext(),
      collect((found) => selectCss(this.root, this.#context, query, found)),
    )
  }

  /**
   * What an XPath 1.0 expression gives, with `re:` and `set:` of EXSLT and `has-class()`. A string, number or boolean is a list of one.
   *
   * @param variables values for `$name`
   * @throws SkeinError `ERR_SELECTOR` for what is no XPath, and for prefixes and variables without a meaning
   *
   * @example
   * page.xpath('//li[@data-id = $id]/text()', { id: 7 }).get()
   */
  xpath(query: string, variables: XPathVariables = {}, options: XPathOptions = {}): SelectorList {
    const environment = { variables, namespaces: { ...this.#context.namespaces, ...options.namespaces } }
    return new SelectorList(
      this.#resultContext(),
      collect((found) => selectXPath(this.root, this.#context, query, environment, found)),
    )
  }

  /**
   * What a JMESPath expression finds in JSON: the members of a list one by one, nothing for null. In HTML and XML the text of the node is read
   * as JSON, as in `css('script#data::text').jmespath('price')`.
   *
   * @throws SkeinError `ERR_SELECTOR` for what is no JMESPath
   */
  jmespath<R = JsonValue>(query: string): SelectorList<R> {
    return new SelectorList(
      jsonContext(this.#context),
      collect((found) => selectJmespath(this.root, this.#context, query, found)),
    )
  }

  /**
   * What a regular expression finds in the text of `get()`: the group named `extract` of the first match, or all groups of all matches, or
   * all matches. A string is a pattern of Python's `re`.
   *
   * @throws SkeinError `ERR_REGEX` for what is no pattern
   */
  re(regex: string | RegExp, options: RegexOptions = {}): string[] {
    return matchContent(this.get(), regex, options)
  }

  /** The first result of {@link re}. */
  reFirst(regex: string | RegExp): string | undefined
  reFirst(regex: string | RegExp, fallback: string, options?: RegexOptions): string
  reFirst(regex: string | RegExp, fallback?: string, options?: RegexOptions): string | undefined {
    return this.re(regex, options)[0] ?? fallback
  }

  /** Elements as HTML or XML, texts and attributes as they are, numbers as Python writes them ("3.0"), booleans "1" and "0". */
  get(): T {
    return contentOf(this.root, this.#context) as T
  }

  /** {@link get} as a list of one. */
  getall(): T[] {
    return [this.get()]
  }

  /** The attributes of an element by name as written, namespace declarations left out; of anything else none. */
  get attrib(): Record<string, string> {
    return attributesOf(this.root, this.#context)
  }

  /** What a prefix means, from now on, for this selector and what it finds. */
  registerNamespace(prefix: string, uri: string): void {
    this.#context = new SelectorContext(this.#context.type, { ...this.#context.namespaces, [prefix]: uri })
  }

  /** Takes all namespaces and prefixes out of this part of an XML tree, so that plain names find its elements. */
  removeNamespaces(): void {
    const { root } = this
    if (this.#context.type === 'xml' && typeof root === 'object') stripNamespaces(root as Node)
  }

  /**
   * Takes the node out of its tree; texts around it grow together.
   *
   * @throws SkeinError `ERR_SELECTOR` for texts, attributes and values, and for the root
   */
  drop(): void {
    dropMatch(this.root, this.#context)
  }

  toString(): string {
    return String(this.get())
  }

  static {
    showAs(Selector.prototype, (selector: Selector<unknown>) => `<Selector ${shorten(selector.toString())}>`)
  }

  #resultContext(): SelectorContext {
    return resultContext(this.#context)
  }
}

/**
 * What a query found. It behaves as its selectors do one after the other, and makes them only when asked for one.
 *
 * @example
 * page.css('a::attr(href)').getall() // string[]
 * page.css('h1::text').get() // string | undefined
 * page.css('h1::text').get('no title') // string
 */
export class SelectorList<T = string> implements Iterable<Selector<T>> {
  readonly #context: SelectorContext
  readonly #matches: readonly Match[]

  /** @internal */
  constructor(context: SelectorContext, matches: readonly Match[]) {
    this.#context = context
    this.#matches = matches
  }

  get length(): number {
    return this.#matches.length
  }

  /** The selector at `index`, from the end when negative. */
  at(index: number): Selector<T> | undefined {
    const i = index < 0 ? this.#matches.length + index : index
    return i in this.#matches ? new Selector<T>(this.#context, this.#matches[i]) : undefined
  }

  *[Symbol.iterator](): Generator<Selector<T>, void, undefined> {
    for (const match of this.#matches) yield new Selector<T>(this.#context, match)
  }

  map<R>(fn: (selector: Selector<T>, index: number) => R): R[] {
    return this.#matches.map((match, i) => fn(new Selector<T>(this.#context, match), i))
  }

  filter(fn: (selector: Selector<T>, index: number) => boolean): SelectorList<T> {
    return new SelectorList(
      this.#context,
      this.#matches.filter((match, i) => fn(new Selector<T>(this.#context, match), i)),
    )
  }

  slice(start?: number, end?: number): SelectorList<T> {
    return new SelectorList(this.#context, this.#matches.slice(start, end))
  }

  /** @see Selector.css */
  css(query: string): SelectorList {
    return this.#each(resultContext(this.#context), (match, found) => selectCss(match, this.#context, query, found))
  }

  /** @see Selector.xpath */
  xpath(query: string, variables: XPathVariables = {}, options: XPathOptions = {}): SelectorList {
    const environment = { variables, namespaces: { ...this.#context.namespaces, ...options.namespaces } }
    return this.#each(resultContext(this.#context), (match, found) =>
      selectXPath(match, this.#context, query, environment, found),
    )
  }

  /** @see Selector.jmespath */
  jmespath<R = JsonValue>(query: string): SelectorList<R> {
    return this.#each(jsonContext(this.#context), (match, found) => selectJmespath(match, this.#context, query, found))
  }

  /** The results of {@link Selector.re} for all, one after the other. */
  re(regex: string | RegExp, options: RegexOptions = {}): string[] {
    return this.#matches.flatMap((match) => matchContent(contentOf(match, this.#context), regex, options))
  }

  /** The first result of {@link re}. */
  reFirst(regex: string | RegExp): string | undefined
  reFirst(regex: string | RegExp, fallback: string, options?: RegexOptions): string
  reFirst(regex: string | RegExp, fallback?: string, options: RegexOptions = {}): string | undefined {
    for (const match of this.#matches) {
      const [first] = matchContent(contentOf(match, this.#context), regex, options)
      if (first !== undefined) return first
    }
    return fallback
  }

  /** {@link Selector.get} of the first; `fallback`, or undefined, when there is none. */
  get(): T | undefined
  get<F>(fallback: F): T | F
  get<F>(fallback?: F): T | F | undefined {
    return this.#matches.length === 0 ? fallback : (contentOf(this.#matches[0], this.#context) as T)
  }

  /** {@link Selector.get} of each. */
  getall(): T[] {
    return this.#matches.map((match) => contentOf(match, this.#context) as T)
  }

  /** The attributes of the first; none when there is no first. */
  get attrib(): Record<string, string> {
    return attributesOf(this.#matches[0], this.#context)
  }

  /** @see Selector.drop */
  drop(): void {
    for (const match of this.#matches) dropMatch(match, this.#context)
  }

  static {
    showAs(SelectorList.prototype, (list: SelectorList<unknown>) => {
      const first = list.length === 0 ? '' : `: ${shorten(String(list.get()))}${list.length > 1 ? ', ...' : ''}`
      return `<SelectorList of ${list.length}${first}>`
    })
  }

  #each<R>(context: SelectorContext, select: (match: Match, found: Match[]) => void): SelectorList<R> {
    const found: Match[] = []
    for (const match of this.#matches) select(match, found)
    return new SelectorList<R>(context, found)
  }
}

function collect(select: (found: Match[]) => void): Match[] {
  const found: Match[] = []
  select(found)
  return found
}

// what is found in a text is HTML
function resultContext(context: SelectorContext): SelectorContext {
  return context.type === 'html' || context.type === 'xml' ? context : new SelectorContext('html', context.namespaces)
}

function jsonContext(context: SelectorContext): SelectorContext {
  return context.type === 'json' ? context : new SelectorContext('json', context.namespaces)
}

function typeOfRoot(root: Node | JsonValue | undefined): SelectorType {
  let top = root
  while (isNode(top) && top.parent !== null) top = top.parent
  return isNode(top) ? (top.type === 'root' ? top.kind : 'html') : typeof root === 'string' ? 'text' : 'json'
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'parent' in value && 'order' in value
}

/** Says what `console.log` shows. As a method it would need a computed name, which declarations cannot have. */
function showAs<T extends object>(prototype: T, show: (object: T) => string): void {
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
    value(this: T): string {
      return show(this)
    },
  })
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}
