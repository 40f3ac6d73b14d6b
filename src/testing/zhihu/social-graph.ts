import { chanceOf } from '../chance.ts'

/** Out-degrees follow a Lomax distribution of exponent 2; with this scale, cut at 500 and rounded down, their mean is 30. */
const SCALE = 32.5
const MAX_DEGREE = 500
/** Of users: what asking for them is answered with. */
const NOT_FOUND = 0.01
const GONE = 0.002

/** The two lists of a user. */
export type Follows = 'followees' | 'followers'

/**
 * Who follows whom among N users: a graph that follows from a seed alone, and costs 8 bytes an edge. Users are numbers; 0 is where a crawl begins,
 * and is never gone.
 */
export class SocialGraph {
  readonly users: number
  readonly seed: number
  /** What the profile of each user is answered with: 200, 404 or 410. */
  readonly statuses: Uint16Array
  readonly #followees: Lists
  readonly #followers: Lists

  constructor(users: number, seed: number) {
    this.users = users
    this.seed = seed
    this.statuses = Uint16Array.from({ length: users }, (_, user) => statusOf(seed, user))
    this.#followees = chosen(users, seed)
    this.#followers = inverse(this.#followees)
  }

  /** The users of a list, in its order. Not to be written to. */
  list(user: number, kind: Follows): Uint32Array {
    const { starts, users } = kind === 'followees' ? this.#followees : this.#followers
    return users.subarray(starts[user], starts[user + 1])
  }

  count(user: number, kind: Follows): number {
    const { starts } = kind === 'followees' ? this.#followees : this.#followers
    return starts[user + 1]! - starts[user]!
  }

  /** What a list gives as the token of a user of it: one entry in 400 has null, and as many have an empty one. */
  entryToken(owner: number, kind: Follows, user: number): 'token' | 'null' | 'empty' {
    const drawn = chanceOf(Math.imul(owner, 0x9e3779b1) ^ this.seed ^ (kind === 'followees' ? 0x1234567 : 0x7654321), user)
    return drawn >= 0.005 ? 'token' : drawn < 0.0025 ? 'null' : 'empty'
  }
}

/** Lists of users, one after the other: that of `i` goes from `starts[i]` to `starts[i + 1]`. */
interface Lists {
  readonly starts: Uint32Array
  readonly users: Uint32Array
}

function statusOf(seed: number, user: number): number {
  const drawn = user === 0 ? 1 : chanceOf(seed ^ 0x5a5a5a5a, user)
  return drawn < NOT_FOUND ? 404 : drawn < NOT_FOUND + GONE ? 410 : 200
}

function degreeOf(users: number, seed: number, user: number): number {
  const drawn = chanceOf(seed ^ 0x3c3c3c3c, user)
  return Math.min(MAX_DEGREE, users - 1, Math.floor(SCALE * ((1 - drawn) ** -0.5 - 1)))
}

/** Whom everyone follows: others than oneself, none twice. */
function chosen(users: number, seed: number): Lists {
  const starts = new Uint32Array(users + 1)
  for (let user = 0; user < users; user++) starts[user + 1] = starts[user]! + degreeOf(users, seed, user)
  const targets = new Uint32Array(starts[users]!)
  const chosenBy = new Uint32Array(users)
  for (let user = 0, at = 0; user < users; user++) {
    chosenBy[user] = user + 1
    for (let draw = 0; at < starts[user + 1]!; draw++) {
      const target = Math.floor(chanceOf(Math.imul(user, 0x85ebca6b) ^ seed, draw) * users)
      if (chosenBy[target] === user + 1) continue
      chosenBy[target] = user + 1
      targets[at++] = target
    }
  }
  return { starts, users: targets }
}

function inverse(lists: Lists): Lists {
  const users = lists.starts.length - 1
  const starts = new Uint32Array(users + 1)
  for (const target of lists.users) starts[target + 1]!++
  for (let user = 0; user < users; user++) starts[user + 1]! += starts[user]!
  const free = starts.slice(0, users)
  const sources = new Uint32Array(lists.users.length)
  for (let user = 0; user < users; user++)
    for (let at = lists.starts[user]!; at < lists.starts[user + 1]!; at++) sources[free[lists.users[at]!]!++] = user
  return { starts, users: sources }
}
