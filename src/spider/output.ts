import type { Request } from '../http/request.ts'
import type { Item } from '../pipeline/contract.ts'

/** One thing that a callback yields: an item, a request, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing returns void
export type Output<I extends Item = Item> = I | Request | null | undefined | void

/** All that a callback may return: one output, an iterable or an async iterable of them, or a promise of any of these. */
export type Outputs<I extends Item = Item> =
  | Output<I>
  | Iterable<Output<I>>
  | AsyncIterable<Output<I>>
  | Promise<Output<I> | Iterable<Output<I>> | AsyncIterable<Output<I>>>
