import { chanceOf } from '../chance.ts'
import type { Include } from './include.ts'
import type { SocialGraph } from './social-graph.ts'

/** A user as JSON. */
export type Profile = Readonly<Record<string, unknown>>

const SURNAMES = ['王', '李', '张', '刘', '陈', '杨', '欧阳', '司徒', 'Ólafur', 'Зоя', 'محمد', 'Anna']
const GIVEN = ['伟', '芳', '娜', '秀英', '敏', '静', '丽', '强', '磊', '一诺', '子涵', '🐙', '𠮷野', 'Łukasz', 'née "Q"']
const HEADLINES = [
  '',
  '程序员',
  '学生 / 吃货',
  '<b>产品经理</b>',
  '退休教师,喜欢\t旅行',
  'Data & Coffee ☕',
  '沉默的大多数',
  "l'ami du peuple",
]
const PLACES = ['北京', '上海', '广州', '深圳', '杭州', '成都', 'Zürich', 'São Paulo']
const BUSINESSES = ['互联网', '高等教育', '金融', '医疗服务', '电子游戏', '法律']
const SCHOOLS = ['清华大学', '北京大学', '浙江大学', '复旦大学', 'ETH Zürich']
const MAJORS = ['计算机科学', '哲学', '临床医学', '土木工程', '汉语言文学']
const JOBS = ['软件工程师', '编辑', '教师', '医生', '设计师']
const COMPANIES = ['知乎', '腾讯', '协和医院', '自由职业', 'Café de Flore']
const TOPICS = ['编程', '心理学', '电影', '历史', '美食', '数学']

/** Counts that follow from nothing but chance: many small ones, few big ones. */
const COUNTS = [
  'voteup_count',
  'thanked_count',
  'following_topic_count',
  'following_question_count',
  'following_favlists_count',
  'following_columns_count',
  'pins_count',
  'commercial_question_count',
  'favorite_count',
  'favorited_count',
  'logs_count',
  'marked_answers_count',
  'mutual_followees_count',
  'vote_to_count',
  'vote_from_count',
  'thank_to_count',
  'thank_from_count',
  'hosted_live_count',
  'participated_live_count',
] as const

/** What URLs in data begin with. They are not links of the site: the same user is the same JSON wherever it is open. */
export const WEB = 'https://zhihu.example/api/v4'

/** What a user has written. */
export type Works = 'answers' | 'questions' | 'articles'
const WORK_SALT = { answers: 101, questions: 102, articles: 103 }
const MAX_WORKS = 100

/** The users of a look-alike: all that is said about one follows from the seed and the number. */
export class Profiles {
  readonly #graph: SocialGraph

  constructor(graph: SocialGraph) {
    this.#graph = graph
  }

  /** How many a user has written: heavy-tailed, 3 on the average, 100 at most. */
  works(user: number, kind: Works): number {
    return Math.min(MAX_WORKS, tail(this.#draw(user, WORK_SALT[kind]), 3.7))
  }

  /** What is always said. `token` as in a list, where it may be missing. */
  base(user: number, token: string | null = tokenOf(user)): Record<string, unknown> {
    const picture = `https://pic1.example/v2-${this.#hex(user, 32)}`
    return {
      id: this.#hex(user, 1),
      url_token: token,
      name: this.name(user),
      use_default_avatar: this.#draw(user, 5) < 0.2,
      avatar_url: `${picture}_is.jpg`,
      avatar_url_template: `${picture}_{size}.jpg`,
      is_org: this.#isOrg(user),
      type: 'people',
      url: `${WEB}/people/${this.#hex(user, 1)}`,
      user_type: this.#isOrg(user) ? 'organization' : 'people',
      headline: this.#pick(user, 6, HEADLINES),
      gender: Math.floor(this.#draw(user, 7) * 3) - 1,
      is_advertiser: this.#draw(user, 8) < 0.01,
      vip_info: { is_vip: this.#draw(user, 9) < 0.05 },
    }
  }

  name(user: number): string {
    return `${this.#pick(user, 3, SURNAMES)}${this.#pick(user, 4, GIVEN)}`
  }

  /** Adds to `to` what `include` names of a user. */
  include(user: number, include: Include, to: Record<string, unknown>): Record<string, unknown> {
    for (const [name, { type, inner }] of include) {
      const field = FIELDS[name]
      if (field !== undefined) to[name] = field(this.#facts(user), type, inner)
    }
    return to
  }

  #facts(user: number): Facts {
    return {
      isOrg: this.#isOrg(user),
      draw: (salt) => this.#draw(user, salt),
      pick: (salt, of) => this.#pick(user, salt, of),
      hex: (salt) => this.#hex(user, salt),
      followees: this.#graph.count(user, 'followees'),
      followers: this.#graph.count(user, 'followers'),
      works: (kind) => this.works(user, kind),
    }
  }

  #isOrg(user: number): boolean {
    return this.#draw(user, 2) < 0.02
  }

  #draw(user: number, salt: number): number {
    return chanceOf(this.#graph.seed ^ Math.imul(salt, 0x27d4eb2f), user)
  }

  #pick(user: number, salt: number, of: readonly string[]): string {
    return of[Math.floor(this.#draw(user, salt) * of.length)]!
  }

  /** 32 hexadecimal digits. */
  #hex(user: number, salt: number): string {
    let hex = ''
    for (let i = 0; i < 4; i++)
      hex += Math.floor(this.#draw(user, salt * 1000 + i) * 4294967296)
        .toString(16)
        .padStart(8, '0')
    return hex
  }
}

/** `user-000042` */
export const tokenOf = (user: number): string => `user-${String(user).padStart(6, '0')}`

/** What fields are made from. */
interface Facts {
  readonly isOrg: boolean
  readonly followees: number
  readonly followers: number
  readonly draw: (salt: number) => number
  readonly pick: (salt: number, of: readonly string[]) => string
  readonly hex: (salt: number) => string
  readonly works: (kind: Works) => number
}

type Field = (facts: Facts, type: string | undefined, inner: string | undefined) => unknown

const named = (facts: Facts, salt: number, of: readonly string[]) => ({
  id: facts.hex(salt).slice(0, 8),
  name: facts.pick(salt, of),
})
/** None to `most` of them. */
const some = <T>(facts: Facts, salt: number, most: number, make: (nth: number) => T): T[] =>
  Array.from({ length: Math.floor(facts.draw(salt) * (most + 1)) }, (_, nth) => make(nth))

const FIELDS: Readonly<Record<string, Field | undefined>> = {
  follower_count: ({ followers }) => followers,
  following_count: ({ followees }) => followees,
  answer_count: ({ works }) => works('answers'),
  articles_count: ({ works }) => works('articles'),
  question_count: ({ works }) => works('questions'),
  ...Object.fromEntries(
    COUNTS.map((name, i): [string, Field] => [name, ({ draw }) => tail(draw(200 + i), i % 3 === 0 ? 40 : 6)]),
  ),
  description: (facts) => `${facts.pick(40, HEADLINES)}\n${facts.pick(41, PLACES)} → ${facts.pick(42, PLACES)}`,
  cover_url: (facts) => (facts.draw(43) < 0.5 ? '' : `https://pic2.example/${facts.hex(44)}_b.jpg`),
  locations: (facts) => some(facts, 45, 2, (nth) => named(facts, 46 + nth, PLACES)),
  business: (facts) => named(facts, 50, BUSINESSES),
  educations: (facts) =>
    some(facts, 51, 2, (nth) => ({ school: named(facts, 52 + nth, SCHOOLS), major: named(facts, 56 + nth, MAJORS) })),
  employments: (facts) =>
    some(facts, 60, 3, (nth) => ({ company: named(facts, 61 + nth, COMPANIES), job: named(facts, 66 + nth, JOBS) })),
  badge: (facts, type, inner) => {
    const kind = facts.draw(71) < 0.5 ? 'best_answerer' : 'identity'
    if (facts.draw(70) >= 0.2 || (type !== undefined && type !== kind)) return []
    const topics = inner === 'topics' ? { topics: [named(facts, 72, TOPICS), named(facts, 73, TOPICS)] } : {}
    return [{ type: kind, description: kind === 'identity' ? '已认证的个人' : '优秀回答者', ...topics }]
  },
  account_status: () => [],
  is_active: ({ draw }) => (draw(80) < 0.9 ? 1 : 0),
  is_force_renamed: () => false,
  is_bind_sina: () => false,
  sina_weibo_url: () => '',
  sina_weibo_name: () => '',
  show_sina_weibo: () => false,
  is_blocking: () => false,
  is_blocked: () => false,
  is_following: () => false,
  is_followed: () => false,
  marked_answers_text: ({ draw }) => (draw(81) < 0.1 ? '编辑推荐' : ''),
  message_thread_token: ({ hex }) => hex(82).slice(0, 16),
  allow_message: ({ draw }) => draw(83) < 0.7,
  industry_category: ({ pick, isOrg }) => (isOrg ? pick(84, BUSINESSES) : ''),
  org_name: ({ pick, isOrg }) => (isOrg ? pick(85, COMPANIES) : ''),
  org_homepage: ({ hex, isOrg }) => (isOrg ? `https://${hex(86).slice(0, 8)}.example/` : ''),
}

/** From a number in [0, 1): the whole part of a Lomax distribution of exponent 2, whose mean is `mean`. */
function tail(drawn: number, mean: number): number {
  return Math.floor(mean * ((1 - drawn) ** -0.5 - 1))
}
