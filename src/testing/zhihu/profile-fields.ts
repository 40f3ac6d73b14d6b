import type { UserFacts } from './user-facts.ts'

/** What people say of themselves in a line. */
export const HEADLINES: readonly string[] = [
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

type Field = (facts: UserFacts, type: string | undefined, inner: string | undefined) => unknown

const named = (facts: UserFacts, salt: number, of: readonly string[]) => ({ id: facts.hex(salt, 1), name: facts.pick(salt, of) })
/** None to `most` of them. */
const some = <T>(facts: UserFacts, salt: number, most: number, make: (nth: number) => T): T[] =>
  Array.from({ length: Math.floor(facts.draw(salt) * (most + 1)) }, (_, nth) => make(nth))

/** What a profile says where it is included, by name. A map, since `constructor` is a name that somebody may include. */
export const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>(
  Object.entries<Field>({
    follower_count: ({ followers }) => followers,
    following_count: ({ followees }) => followees,
    answer_count: (facts) => facts.works('answers'),
    articles_count: (facts) => facts.works('articles'),
    question_count: (facts) => facts.works('questions'),
    ...Object.fromEntries(COUNTS.map((name, i): [string, Field] => [name, (facts) => facts.tail(200 + i, i % 3 === 0 ? 40 : 6)])),
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
    is_active: (facts) => (facts.draw(80) < 0.9 ? 1 : 0),
    is_force_renamed: () => false,
    is_bind_sina: () => false,
    sina_weibo_url: () => '',
    sina_weibo_name: () => '',
    show_sina_weibo: () => false,
    is_blocking: () => false,
    is_blocked: () => false,
    is_following: () => false,
    is_followed: () => false,
    marked_answers_text: (facts) => (facts.draw(81) < 0.1 ? '编辑推荐' : ''),
    message_thread_token: (facts) => facts.hex(82, 2),
    allow_message: (facts) => facts.draw(83) < 0.7,
    industry_category: (facts) => (facts.isOrg ? facts.pick(84, BUSINESSES) : ''),
    org_name: (facts) => (facts.isOrg ? facts.pick(85, COMPANIES) : ''),
    org_homepage: (facts) => (facts.isOrg ? `https://${facts.hex(86, 1)}.example/` : ''),
  }),
)
