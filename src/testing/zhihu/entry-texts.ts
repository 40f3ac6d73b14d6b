import { RecentMap } from '../../util/recent-map.ts'
import type { Include } from './include.ts'
import { profileOf } from './profile.ts'
import type { SocialGraph } from './social-graph.ts'

/** Entries that are kept; of 500 bytes to 1 KB each. */
const CAPACITY = 40_000

/** Entries of lists as JSON text. A user is in some 60 lists, so the text is made once and kept: it is two thirds of what a list costs. */
export class EntryTexts {
  readonly #graph: SocialGraph
  /** Those of an `include` that is no longer used go with it. */
  readonly #kept = new WeakMap<Include, RecentMap<number, string>>()

  constructor(graph: SocialGraph) {
    this.#graph = graph
  }

  of(user: number, include: Include): string {
    let kept = this.#kept.get(include)
    if (kept === undefined) this.#kept.set(include, (kept = new RecentMap(CAPACITY)))
    let text = kept.get(user)
    if (text === undefined) kept.set(user, (text = JSON.stringify(profileOf(this.#graph, user, include))))
    return text
  }

  /** That of a user whose token is missing. */
  without(token: null | '', user: number, include: Include): string {
    return JSON.stringify(profileOf(this.#graph, user, include, token))
  }
}
