/**
 * The keys of a JSON object as they were written, each once. JSON.parse puts those that are integers in front of the others, and the order of
 * form fields is that of the body that is sent.
 *
 * @param json an object that JSON.parse has read
 */
export function jsonKeys(json: string): string[] {
  const keys = new Set<string>()
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const char = json[i]
    if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    else if (char === '"') {
      const end = endOfString(json, i)
      if (depth === 1 && isFollowedByColon(json, end)) keys.add(JSON.parse(json.slice(i, end)) as string)
      i = end - 1
    }
  }
  return [...keys]
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let i = start + 1
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1
  return i + 1
}

function isFollowedByColon(json: string, from: number): boolean {
  let i = from
  while (json.charCodeAt(i) <= 0x20) i++
  return json[i] === ':'
}
