import { chanceOf } from '../chance.ts'
import type { SocialGraph } from './social-graph.ts'

/** What a user has written. */
export type Works = 'answers' | 'questions' | 'articles'

const WORK_SALT: Readonly<Record<Works, number>> = { answers: 101, questions: 102, articles: 103 }
const MAX_WORKS = 100

/** What is said about one user is drawn from here: it follows from the seed, the number of the user, and what it is for (`salt`). */
export class UserFacts {
  readonly user: number
  readonly #graph: SocialGraph

  constructor(graph: SocialGraph, user: number) {
    this.#graph = graph
    this.user = user
  }

  get followees(): number {
    return this.#graph.count(this.user, 'followees')
  }

  get followers(): number {
    return this.#graph.count(this.user, 'followers')
  }

  get isOrg(): boolean {
    return this.draw(2) < 0.02
  }

  /** How many they have written: heavy-tailed, 3 on the average, 100 at most. The first has asked something, so that there is a question to answer. */
  works(kind: Works): number {
    const least = kind === 'questions' && this.user === 0 ? 1 : 0
    return Math.max(least, Math.min(MAX_WORKS, this.tail(WORK_SALT[kind], 3.7)))
  }

  /** A number in [0, 1). */
  draw(salt: number): number {
    return chanceOf(this.#graph.seed ^ Math.imul(salt, 0x27d4eb2f), this.user)
  }

  pick<T>(salt: number, of: readonly T[]): T {
    return of[Math.floor(this.draw(salt) * of.length)]!
  }

  /** The whole part of a Lomax distribution of exponent 2, whose mean is `mean`: many small numbers, few big ones. */
  tail(salt: number, mean: number): number {
    return Math.floor(mean * ((1 - this.draw(salt)) ** -0.5 - 1))
  }

  /** Hexadecimal digits, eight for each word. */
  hex(salt: number, words = 4): string {
    let hex = ''
    for (let i = 0; i < words; i++) {
      const word = Math.floor(this.draw(salt * 1000 + i) * 4294967296)
      hex += word.toString(16).padStart(8, '0')
    }
    return hex
  }
}
