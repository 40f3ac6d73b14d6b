/** What processors get beside a value: the context given to the loader, and `page`, `selector` and `item` of it. */
export interface LoaderContext {
  readonly [name: string]: unknown
}

/** A step on the way from what is on a page to what is in an item. */
export type Processor<In = never, Out = unknown> = (value: In, context: LoaderContext) => Out

/** Nothing is no value, a list is its members, anything else a list of one. */
export function toList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? (value as unknown[]) : [value]
}
