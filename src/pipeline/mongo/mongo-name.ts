/** Says in `refuse` what keeps a name from being that of a database. Servers differ in what they say to such a one, and some only say it to a write. */
export function databaseName(name: string, refuse: (why: string) => never): string {
  const [wrong] = /[/\\. "$\0]/.exec(name) ?? []
  if (wrong !== undefined) refuse(`has ${JSON.stringify(wrong)} in it`)
  if (name === '' || Buffer.byteLength(name) > 63) refuse('has not 1 to 63 bytes')
  return name
}

/** As `databaseName`, for a collection. */
export function collectionName(name: string, refuse: (why: string) => never): string {
  if (name === '') refuse('is empty')
  const [wrong] = /[$\0]/.exec(name) ?? []
  if (wrong !== undefined) refuse(`has ${JSON.stringify(wrong)} in it`)
  if (/^(?:\.|system\.)/.test(name)) refuse('begins with a dot or with "system."')
  return name
}
