/** Bytes of a name at most; PostgreSQL cuts longer ones, so that two could become one. */
const MAX_NAME = 63

/** A name as SQL, whatever is in it. `refuse` is told what makes it none. */
export function quoteName(name: string, refuse: (why: string) => never): string {
  if (name === '') refuse('is empty')
  if (name.includes('\0')) refuse('has a NUL character')
  if (Buffer.byteLength(name) > MAX_NAME) refuse(`is longer than the ${MAX_NAME} bytes that PostgreSQL keeps of a name`)
  return `"${name.replaceAll('"', '""')}"`
}

/** `table` or `schema.table` as SQL. `fill` puts in what the placeholders stand for, after the name was taken apart. */
export function quoteTable(text: string, refuse: (why: string) => never, fill = (part: string): string => part): string {
  const parts = text.split('.')
  if (parts.length > 2) refuse('has more than one dot; expected `table` or `schema.table`')
  return parts.map((part) => quoteName(fill(part), refuse)).join('.')
}
