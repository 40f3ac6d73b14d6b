import { chanceOf } from '../chance.ts'
import type { Include } from './include.ts'
import { nameOf, tokenOf, WEB } from './profile.ts'
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

/** Some works of a user, from one place of the list to before another, each with the fields that `include` names beside those of always. */
export function worksOf(graph: SocialGraph, user: number, kind: Works, from: number, to: number, include: Include): Json[] {
  const facts = new UserFacts(graph, user)
  const last = Math.min(to, facts.works(kind))
  const works: Json[] = []
  for (let nth = from; nth < last; nth++) works.push(workOf(graph.seed, facts, kind, nth, include))
  return works
}

function workOf(seed: number, facts: UserFacts, kind: Works, nth: number, include: Include): Json {
  const id = (facts.user * 1000 + nth) * 3 + (kind === 'answers' ? 0 : kind === 'questions' ? 1 : 2)
  const draw = (salt: number): number => chanceOf(seed ^ Math.imul(salt, 0x165667b1), id)
  const pick = (salt: number, of: readonly string[]): string => of[Math.floor(draw(salt) * of.length)]!
  const created = FIRST + Math.floor(draw(1) * 2e8)
  const updated = created + Math.floor(draw(2) * 1e6)
  const title = pick(3, TITLES)
  const question = Math.floor(draw(4) * 1e6)
  const work: Json = {
    id,
    type: kind.slice(0, -1),
    url: `${WEB}/${kind}/${id}`,
    ...(kind === 'answers'
      ? { question: { id: question, type: 'question', title, url: `${WEB}/questions/${question}` } }
      : { title }),
    ...(kind === 'questions' ? {} : { author: { url_token: tokenOf(facts.user), name: nameOf(facts), type: 'people' } }),
  }
  const optional: Json = {
    comment_count: Math.floor(draw(5) * 50),
    voteup_count: Math.floor(draw(6) ** 4 * 10_000),
    content: Array.from({ length: 1 + Math.floor(draw(7) * 5) }, (_, i) => pick(10 + i, SENTENCES)).join('\n'),
    ...(kind === 'answers' ? { created_time: created, updated_time: updated } : { created, updated }),
    ...(kind === 'questions' ? { answer_count: Math.floor(draw(8) * 200), follower_count: Math.floor(draw(9) * 900) } : {}),
  }
  for (const name of include.keys()) if (Object.hasOwn(optional, name)) work[name] = optional[name]
  return work
}
