import { resolveEncoding } from './encoding-names.ts'
import { type TagAttributes, tagAttributes } from './tag-attributes.ts'

/** As far as w3lib looks; the Encoding Standard asks for 1024. */
const REACH = 4096

/** Where a declaration may begin, and the body tag, beyond which none counts. White space after `<` is as w3lib has it. */
const PLACE = /<\s*(?:(meta)(?=[\s/])|(\?xml)\s|body)/gi
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g
const CHARSET = /charset\s*=\s*["']?\s*([\w-]+)/i
const LABEL = /^\s*([\w-]+)/

/**
 * The encoding that a document declares in its first 4096 bytes by `<meta charset>`, `<meta http-equiv=content-type>` or an XML declaration;
 * `undefined` when it declares none that is known.
 *
 * A declaration inside a comment counts only when there is none outside: Scrapy reads those, browsers do not. So does a `charset` in another
 * kind of meta tag (`<meta httpequiv=ContentType content="text/html; charset=gbk">`). One that says UTF-16 means UTF-8, as it could not have
 * been read otherwise.
 */
export function declaredEncoding(body: Buffer): string | undefined {
  const head = body.toString('latin1', 0, REACH)
  if (!head.includes('<')) return undefined
  const bare = head.includes('<!--') ? head.replace(COMMENT, '') : head
  return search(bare) ?? (bare === head ? undefined : search(head))
}

function search(text: string): string | undefined {
  let other: string | undefined
  PLACE.lastIndex = 0
  for (let place = PLACE.exec(text); place !== null; place = PLACE.exec(text)) {
    const isMeta = place[1] !== undefined
    if (!isMeta && place[2] === undefined) break
    const { attributes, end } = tagAttributes(text, PLACE.lastIndex)
    PLACE.lastIndex = end
    const name = encodingOf(isMeta ? labelOfMeta(attributes) : labelOfXml(attributes))
    if (name !== undefined) return name
    if (isMeta) other ??= encodingOf(labelSomewhere(attributes))
  }
  return other
}

function encodingOf(label: string | undefined): string | undefined {
  const name = label === undefined ? undefined : resolveEncoding(label)
  if (name === undefined) return undefined
  if (name.startsWith('utf-16') || name.startsWith('utf-32')) return 'utf-8'
  return name === 'x-user-defined' ? 'windows-1252' : name
}

function labelOfMeta(attributes: TagAttributes['attributes']): string | undefined {
  let isPragma = false
  let content: string | undefined
  for (const [name, value] of attributes) {
    if (name === 'charset') {
      const label = LABEL.exec(value)?.[1]
      if (label !== undefined) return label
    } else if (name === 'http-equiv') {
      isPragma ||= /^\s*content-type/i.test(value)
    } else if (name === 'content') {
      content ??= CHARSET.exec(value)?.[1]
    }
  }
  return isPragma ? content : undefined
}

function labelSomewhere(attributes: TagAttributes['attributes']): string | undefined {
  for (const [name, value] of attributes) {
    const label = (name.endsWith('charset') ? LABEL : CHARSET).exec(value)?.[1]
    if (label !== undefined) return label
  }
  return undefined
}

function labelOfXml(attributes: TagAttributes['attributes']): string | undefined {
  const declared = attributes.find(([name]) => name === 'encoding')
  return declared === undefined ? undefined : LABEL.exec(declared[1])?.[1]
}
