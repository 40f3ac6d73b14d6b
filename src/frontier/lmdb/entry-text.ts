/** What is kept of a request beside its own text, while it is leased or delayed. */
export interface EntryFacts {
  readonly slot: string
  readonly priority: number
  /** How often it has been leased. */
  readonly deliveries: number
}

/** A request that is leased or delayed, as the store keeps it. */
export function encodeEntry({ slot, priority, deliveries }: EntryFacts, text: string): string {
  // JSON has no line break in it
  return `${JSON.stringify([slot, priority, deliveries])}\n${text}`
}

/** What `encodeEntry` wrote. */
export function decodeEntry(entry: string): EntryFacts & { readonly text: string } {
  const end = entry.indexOf('\n')
  const [slot, priority, deliveries] = JSON.parse(entry.slice(0, end)) as [string, number, number]
  return { slot, priority, deliveries, text: entry.slice(end + 1) }
}
