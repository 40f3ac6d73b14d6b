import { chanceOf } from '../chance.ts'
import type { Include } from './include.ts'
import { nameOf, tokenOf, WEB } from './profile.ts'
import { QuestionAnswers, type WorkPlace } from './question-answers.ts'
import type { SocialGraph } from './social-graph.ts'
import { UserFacts, type Works } from './user-facts.ts'

type Json = Record<string, unknown>

const TITLES = [
  '为什么天空是蓝色的?',
  '如何评价《三体》',
  '有哪些相见恨晚的习惯?',
  'What is a "skein"?',
  '人生的意义 & 其他',
  '零基础学编程',
]
const SENTENCES = ['谢邀。', '先问是不是,再问为什么。', '<p>以上。</p>', '利益相关:路人。', '——完——']
/** Seconds since the epoch of the oldest work. */
const FIRST = 1_400_000_000
/** Works of a user have numbers below this. */
const IDS_PER_USER = 1000
const KINDS: readonly Works[] = ['answers', 'questions', 'articles']

/** What users have written. */
export class AllWorks {
  readonly #graph: SocialGraph
  #links: QuestionAnswers | undefined

  constructor(graph: SocialGraph) {
    this.#graph = graph
  }

  /** Some works of a user, from one place of the list to before another, each with the fields that `include` names beside those of always. */
  ofUser(user: number, kind: Works, from: number, to: number, include: Include): Json[] {
    const works: Json[] = []
    for (let nth = from; nth < Math.min(to, this.count(user, kind)); nth++) works.push(this.#work({ user, nth }, kind, include))
    return works
  }

  count(user: number, kind: Works): number {
    return new UserFacts(this.#graph, user).works(kind)
  }

  /** Some answers to a question, as they stand in the lists of those who wrote them; whoever has left has no name. */
  answersTo(question: WorkPlace, from: number, to: number, include: Include): Json[] {
    return this.#answered.answersTo(question, from, to).map((place) => {
      const answer = this.#work(place, 'answers', include)
      return this.#graph.statuses[place.user] === 200 ? answer : { ...answer, author: LEFT }
    })
  }

  answerCount(question: WorkPlace): number {
    return this.#answered.count(question)
  }

  /** The question with this id; undefined where there is none. */
  question(id: number): WorkPlace | undefined {
    const number = Math.floor(id / KINDS.length)
    const place = { user: Math.floor(number / IDS_PER_USER), nth: number % IDS_PER_USER }
    const isThere =
      KINDS[id % KINDS.length] === 'questions' &&
      place.user < this.#graph.users &&
      place.nth < this.count(place.user, 'questions')
    return isThere ? place : undefined
  }

  get #answered(): QuestionAnswers {
    return (this.#links ??= new QuestionAnswers(this.#graph))
  }

  #work({ user, nth }: WorkPlace, kind: Works, include: Include): Json {
    const facts = new UserFacts(this.#graph, user)
    const id = idOf({ user, nth }, kind)
    const draw = (salt: number): number => this.#draw(id, salt)
    const created = FIRST + Math.floor(draw(1) * 2e8)
    const updated = created + Math.floor(draw(2) * 1e6)
    const work: Json = {
      id,
      type: kind.slice(0, -1),
      url: `${WEB}/${kind}/${id}`,
      ...(kind === 'answers' ? { question: this.#asked({ user, nth }) } : { title: this.#pick(id, 3, TITLES) }),
      ...(kind === 'questions' ? {} : { author: { url_token: tokenOf(user), name: nameOf(facts), type: 'people' } }),
    }
    const optional: Json = {
      comment_count: Math.floor(draw(5) * 50),
      voteup_count: Math.floor(draw(6) ** 4 * 10_000),
      content: Array.from({ length: 1 + Math.floor(draw(7) * 5) }, (_, i) => this.#pick(id, 10 + i, SENTENCES)).join('\n'),
      ...(kind === 'answers' ? { created_time: created, updated_time: updated } : { created, updated }),
      ...(kind === 'questions'
        ? { answer_count: this.answerCount({ user, nth }), follower_count: Math.floor(draw(9) * 900) }
        : {}),
    }
    for (const name of include.keys()) if (Object.hasOwn(optional, name)) work[name] = optional[name]
    return work
  }

  /** The question that an answer answers, as it stands in the answer. */
  #asked(answer: WorkPlace): Json {
    const id = idOf(this.#answered.questionOf(answer), 'questions')
    return { id, type: 'question', title: this.#pick(id, 3, TITLES), url: `${WEB}/questions/${id}` }
  }

  #draw(id: number, salt: number): number {
    return chanceOf(this.#graph.seed ^ Math.imul(salt, 0x165667b1), id)
  }

  #pick(id: number, salt: number, of: readonly string[]): string {
    return of[Math.floor(this.#draw(id, salt) * of.length)]!
  }
}

/** Who wrote an answer and has left since. */
const LEFT: Json = { url_token: '', name: '知乎用户', type: 'people' }

const idOf = ({ user, nth }: WorkPlace, kind: Works): number => (user * IDS_PER_USER + nth) * KINDS.length + KINDS.indexOf(kind)
