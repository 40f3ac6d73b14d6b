import type { Document, Element } from '../dom.ts'

/** One search: where it began, and what it has found out so far. */
export interface Run {
  /** A selector matches inside of this node, itself included; what is above it does not exist for the search. */
  readonly scope: Element | Document
  /** URI by prefix. */
  readonly namespaces: Readonly<Record<string, string>>
  /** What a matcher keeps for the length of the search, by a key of its own. Made by the first that needs it. */
  memo: Map<object, Map<Element, unknown>> | undefined
}

/** Whether an element is wanted. */
export type Matcher = (element: Element, run: Run) => boolean

/** What `key` keeps during this search. */
export function memoOf<T>(run: Run, key: object): Map<Element, T> {
  run.memo ??= new Map()
  let memo = run.memo.get(key)
  if (memo === undefined) run.memo.set(key, (memo = new Map()))
  return memo as Map<Element, T>
}
