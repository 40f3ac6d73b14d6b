const ATTRIBUTE = /[\s/]*([^\s/>=<"'][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"?|'([^']*)'?|([^\s>"'][^\s>]*))?)?/y

/**
 * The attributes of a tag whose name ends at `from`, for looks at the first bytes of a page that need no parser. Names in lower case;
 * entities are left as they are.
 */
export function* tagAttributes(text: string, from: number): Generator<[name: string, value: string]> {
  let at = from
  for (;;) {
    ATTRIBUTE.lastIndex = at
    const match = ATTRIBUTE.exec(text)
    if (match === null) return
    at = ATTRIBUTE.lastIndex
    yield [match[1]!.toLowerCase(), match[2] ?? match[3] ?? match[4] ?? '']
  }
}
