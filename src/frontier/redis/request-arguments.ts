import { encodeRequest } from '../../http/codec.ts'
import type { Request } from '../../http/request.ts'
import type { FrontierOptions, Tally } from '../contract.ts'
import { encodeSlot } from './redis-keys.ts'
import { type SeenKind, seenKey } from './seen-key.ts'

/** What a request's arguments depend on. */
export interface RequestEncoding extends Pick<FrontierOptions, 'slotOf' | 'fingerprint'> {
  readonly dedupe: SeenKind
  /** Milliseconds that the server's clock is behind this machine's. */
  readonly skew: number
}

/**
 * Requests as scripts take them (`lua/requests.lua`): three arguments each. The names of their slots are gathered, and go in front of the
 * arguments once.
 */
export class RequestArguments {
  readonly names: string[] = []
  readonly #places = new Map<string, number>()
  readonly #encoding: RequestEncoding

  constructor(encoding: RequestEncoding) {
    this.#encoding = encoding
  }

  /** Appends a request with its key for the seen set; one with `dontFilter` has none. */
  add(to: string[], request: Request): void {
    const { dedupe, fingerprint } = this.#encoding
    to.push(request.dontFilter ? '' : seenKey(dedupe, fingerprint(request)))
    this.addWhere(to, request)
  }

  /** Appends where a request goes, and its text. */
  addWhere(to: string[], request: Request): void {
    const { slotOf, skew } = this.#encoding
    const slot = request.slot ?? slotOf(request)
    let place = this.#places.get(slot)
    if (place === undefined) {
      place = this.names.push(encodeSlot(slot))
      this.#places.set(slot, place)
    }
    const { priority, notBefore, state } = request
    const plain = priority === 0 && notBefore === undefined && !state.seed
    const time = notBefore === undefined ? 0 : Math.max(0, notBefore - skew)
    to.push(
      plain ? String(place) : `${place} ${priority === 0 ? 0 : priority} ${time}${state.seed ? ' s' : ''}`,
      encodeRequest(request),
    )
  }
}

/** A tally as scripts take it (`lua/tally.lua`). */
export function tallyArguments(tally: Tally | undefined): string[] {
  if (tally === undefined) return ['0', '0']
  const flat = (values: Readonly<Record<string, number>>): string[] => {
    const entries = Object.entries(values)
    return [String(entries.length), ...entries.flatMap(([name, value]) => [name, String(value)])]
  }
  return [...flat(tally.add), ...flat(tally.max)]
}
