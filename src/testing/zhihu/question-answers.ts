import { chanceOf } from '../chance.ts'
import type { SocialGraph } from './social-graph.ts'
import { UserFacts, type Works } from './user-facts.ts'

/** One of the works of a user, by its place in their list. */
export interface WorkPlace {
  readonly user: number
  readonly nth: number
}

/** Which question each answer answers. What it takes, some 40 bytes a user, is made when somebody asks for works. */
export class QuestionAnswers {
  /** Where the works of each user begin, when those of all are counted through. */
  readonly #questions: Uint32Array
  readonly #answers: Uint32Array
  /** By answer. */
  readonly #questionOf: Uint32Array
  /** Answers to question `i` stand from `starts[i]` to `starts[i + 1]`. */
  readonly #starts: Uint32Array
  readonly #answersTo: Uint32Array

  constructor(graph: SocialGraph) {
    this.#questions = countedThrough(graph, 'questions')
    this.#answers = countedThrough(graph, 'answers')
    const [questions, answers] = [this.#questions.at(-1)!, this.#answers.at(-1)!]
    this.#questionOf = Uint32Array.from({ length: answers }, (_, answer) =>
      Math.floor(chanceOf(graph.seed ^ 0x71756573, answer) * questions),
    )
    this.#starts = new Uint32Array(questions + 1)
    for (const question of this.#questionOf) this.#starts[question + 1]!++
    for (let i = 0; i < questions; i++) this.#starts[i + 1]! += this.#starts[i]!
    const free = this.#starts.slice(0, questions)
    this.#answersTo = new Uint32Array(answers)
    for (let answer = 0; answer < answers; answer++) this.#answersTo[free[this.#questionOf[answer]!]!++] = answer
  }

  questionOf({ user, nth }: WorkPlace): WorkPlace {
    return placeOf(this.#questions, this.#questionOf[this.#answers[user]! + nth]!)
  }

  count({ user, nth }: WorkPlace): number {
    const question = this.#questions[user]! + nth
    return this.#starts[question + 1]! - this.#starts[question]!
  }

  /** Answers to a question, from one place of its list to before another. */
  answersTo({ user, nth }: WorkPlace, from: number, to: number): WorkPlace[] {
    const question = this.#questions[user]! + nth
    const all = this.#answersTo.subarray(this.#starts[question], this.#starts[question + 1])
    return Array.from(all.subarray(from, Math.min(to, all.length)), (answer) => placeOf(this.#answers, answer))
  }
}

function countedThrough(graph: SocialGraph, kind: Works): Uint32Array {
  const starts = new Uint32Array(graph.users + 1)
  for (let user = 0; user < graph.users; user++) starts[user + 1] = starts[user]! + new UserFacts(graph, user).works(kind)
  return starts
}

/** Whose work it is, by search: the last user whose works begin at it or before. */
function placeOf(starts: Uint32Array, work: number): WorkPlace {
  let [low, high] = [0, starts.length - 1]
  while (low < high - 1) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= work) low = middle
    else high = middle
  }
  return { user: low, nth: work - starts[low]! }
}
