import { Comment, type Document, ProcessingInstruction } from './dom.ts'
import { XmlBuilder } from './xml-builder.ts'
import { readDoctype } from './xml-text.ts'

const nameAt = /[A-Za-z_:\x80-\uffff][^\s/<>="']*/y
const attributeAt = /[\s/]*([^\s=/<>"'][^\s=/<>]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>][^\s<>]*)|["'][^>]*)?)?/y
const junkAt = /[^<>]*/y

/**
 * The tree of an XML document. Nothing throws and, as far as it can be told, nothing is lost: feeds are broken more often than pages.
 *
 * - A bare `&` or `<` is text; the entities of HTML are known (`&nbsp;`), others stay as written. Entities that the document declares itself
 *   are never expanded, but kept as references.
 * - An end tag closes up to the nearest element of its name, and is ignored when none is open; what is open at the end is closed there.
 * - Attributes may lack their quotes or value; of two with the same name the first counts.
 * - Text outside of the root element is dropped. Of several root elements all are kept.
 *
 * saxes, which checks documents rather than repairs them, loses whole elements here: after a bare `&` it reads on to the next semicolon,
 * through any tags, and an end tag that nothing opened closes everything.
 */
export function parseXml(source: string): Document {
  const text = source.replaceAll('\0', '').replace(/^[\s\ufeff]+/, '')
  const builder = new XmlBuilder()
  let at = 0
  while (at < text.length) {
    const tag = text.indexOf('<', at)
    if (tag < 0) break
    if (tag > at) builder.text(text.slice(at, tag))
    at = readMarkup(text, tag, builder)
  }
  if (at < text.length) builder.text(text.slice(at))
  return builder.document
}

/** Reads what begins with the `<` at `from`; gives the index behind it. */
function readMarkup(text: string, from: number, builder: XmlBuilder): number {
  switch (text.charCodeAt(from + 1)) {
    case 0x2f:
      return readEndTag(text, from, builder)
    case 0x3f: {
      const end = endOf(text, '?>', from + 2)
      const [, name, data] = /^(\S*)\s*([\s\S]*)$/.exec(text.slice(from + 2, end))!
      if (name !== '' && name!.toLowerCase() !== 'xml') builder.append(new ProcessingInstruction(name!, data!))
      return end + 2
    }
    case 0x21: {
      if (text.startsWith('!--', from + 1)) {
        const end = endOf(text, '-->', from + 4)
        builder.append(new Comment(text.slice(from + 4, end).replace(/\r\n?/g, '\n')))
        return end + 3
      }
      if (text.startsWith('![CDATA[', from + 1)) {
        const end = endOf(text, ']]>', from + 9)
        builder.literal(text.slice(from + 9, end))
        return end + 3
      }
      if (/^!DOCTYPE\b/i.test(text.slice(from + 1, from + 10))) {
        const { end, data, entities } = readDoctype(text, from + 9)
        for (const entity of entities) builder.entities.add(entity)
        builder.doctype(data)
        return end
      }
      return endOf(text, '>', from + 2) + 1
    }
    default:
      return readStartTag(text, from, builder)
  }
}

function readEndTag(text: string, from: number, builder: XmlBuilder): number {
  const end = endOf(text, '>', from + 2)
  // `</a <b>`: the bracket of the end tag is missing
  const next = text.indexOf('<', from + 2)
  const stop = next >= 0 && next < end ? next : end
  builder.close(text.slice(from + 2, stop).trim())
  return stop === end ? end + 1 : stop
}

function readStartTag(text: string, from: number, builder: XmlBuilder): number {
  nameAt.lastIndex = from + 1
  const name = nameAt.exec(text)?.[0]
  if (name === undefined) {
    builder.literal('<')
    return from + 1
  }
  const attributes: [string, string][] = []
  let at = from + 1 + name.length
  for (;;) {
    attributeAt.lastIndex = at
    const match = attributeAt.exec(text)
    if (match === null) break
    at = attributeAt.lastIndex
    const [, attribute, double, single, bare] = match
    // the slash of `<b x=1/>` belongs to the tag
    const unquoted = bare?.endsWith('/') && text.charCodeAt(at) === 0x3e ? bare.slice(0, -1) : bare
    attributes.push([attribute!, double ?? single ?? unquoted ?? ''])
  }
  junkAt.lastIndex = at
  at += junkAt.exec(text)![0].length
  const selfClosing = text.charCodeAt(at - 1) === 0x2f
  builder.open(name, attributes, selfClosing)
  return text.charCodeAt(at) === 0x3e ? at + 1 : at
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from)
  return end < 0 ? text.length : end
}
