/**
 * The bytes that a script replied as text. Replies are read as UTF-8, so that a script which hands on what others wrote replies with `%` and
 * all that is not ASCII as `%xx`.
 */
export function unescapeBytes(text: string): Buffer {
  return Buffer.from(
    text.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}
