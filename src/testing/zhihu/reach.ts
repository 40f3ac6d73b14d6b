import type { Follows, SocialGraph } from './social-graph.ts'

const NOBODY = 0xffffffff

/** Who can be found from user 0, and by what. */
export class Reach {
  /** Users whose profile is answered with 200, in the order of the search. */
  readonly users: Uint32Array
  /** Users that a list names with their token and whose profile is answered with 404 or 410. */
  readonly gone: Uint32Array
  /** By user: in whose list the search found them first; the highest bit says it was that of the followers. */
  readonly #foundIn: Uint32Array

  /** Searches breadth first, through both lists of everybody whose profile there is. */
  constructor(graph: SocialGraph) {
    const foundIn = new Uint32Array(graph.users).fill(NOBODY)
    const queue = new Uint32Array(graph.users)
    const gone: number[] = []
    let found = 1
    foundIn[0] = 0
    for (let at = 0; at < found; at++) {
      const owner = queue[at]!
      for (const kind of ['followees', 'followers'] as const) {
        for (const user of graph.list(owner, kind)) {
          if (foundIn[user] !== NOBODY || graph.entryToken(owner, kind, user) !== 'token') continue
          foundIn[user] = mark(owner, kind)
          if (graph.statuses[user] === 200) queue[found++] = user
          else gone.push(user)
        }
      }
    }
    foundIn[0] = NOBODY
    this.users = queue.subarray(0, found)
    this.gone = Uint32Array.from(gone)
    this.#foundIn = foundIn
  }

  /** This entry is the one by which the search found the user. */
  isFoundBy(owner: number, kind: Follows, user: number): boolean {
    return this.#foundIn[user] === mark(owner, kind)
  }
}

const mark = (owner: number, kind: Follows): number => (kind === 'followers' ? owner | 0x80000000 : owner) >>> 0
