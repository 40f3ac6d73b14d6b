const ATTRIBUTE = /[\s/]*([^\s/>=<"'][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"?|'([^']*)'?|([^\s>"'][^\s>]*))?)?/y

/** What a look at a tag found. */
export interface TagAttributes {
  /** Name in lower case, value with entities left as they are. */
  readonly attributes: readonly (readonly [name: string, value: string, quoted: boolean])[]
  /** Where the last of them ends. Going on from there, and not from the name of the tag, keeps a search linear. */
  readonly end: number
}

/** The attributes of a tag whose name ends at `from`, for looks at the first bytes of a page that need no parser. */
export function tagAttributes(text: string, from: number): TagAttributes {
  const attributes: [string, string, boolean][] = []
  let end = from
  for (;;) {
    ATTRIBUTE.lastIndex = end
    const match = ATTRIBUTE.exec(text)
    if (match === null) return { attributes, end }
    end = ATTRIBUTE.lastIndex
    const quoted = match[2] ?? match[3]
    attributes.push([match[1]!.toLowerCase(), quoted ?? match[4] ?? '', quoted !== undefined])
  }
}
