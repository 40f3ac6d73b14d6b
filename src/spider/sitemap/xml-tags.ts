/** Characters of one tag; beyond this it is none. */
export const MAX_TAG = 65_536

const attributeAt = /[\s/]*([^\s=/<>"'][^\s=/<>]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?/y

/** Where a tag ends whose name begins at `from`: at its `>`, or at a `<` where that is missing; undefined where neither is there yet. */
export function endOfTag(text: string, from: number): number | undefined {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // > and <
    if (code === 0x3e || code === 0x3c) return i
    // " and '
    if (code !== 0x22 && code !== 0x27) continue
    i = text.indexOf(code === 0x22 ? '"' : "'", i + 1)
    if (i < 0) return undefined
  }
  return undefined
}

/** A name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The value of an attribute of a tag, as it is written. */
export function attributeOf(tag: string, name: string): string | undefined {
  attributeAt.lastIndex = tag.search(/[\s/]|$/)
  for (;;) {
    const match = attributeAt.exec(tag)
    if (match === null) return undefined
    if (match[1] === name) return match[2] ?? match[3] ?? match[4] ?? ''
  }
}
