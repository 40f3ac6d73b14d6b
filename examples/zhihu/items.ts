import { z } from 'zod'

const whole = z.number().int()

const COUNTS = [
  'answer_count',
  'articles_count',
  'commercial_question_count',
  'favorite_count',
  'favorited_count',
  'follower_count',
  'following_columns_count',
  'following_count',
  'following_favlists_count',
  'following_question_count',
  'following_topic_count',
  'hosted_live_count',
  'logs_count',
  'marked_answers_count',
  'mutual_followees_count',
  'participated_live_count',
  'pins_count',
  'question_count',
  'thank_from_count',
  'thank_to_count',
  'thanked_count',
  'vote_from_count',
  'vote_to_count',
  'voteup_count',
] as const

const counts = Object.fromEntries(COUNTS.map((name) => [name, whole.optional()])) as {
  [Name in (typeof COUNTS)[number]]: z.ZodOptional<typeof whole>
}

/** Something with a name, and whatever else the site says of it: a place, a school, a company. */
const named = z.looseObject({ name: z.string() })

/** A user. What the site leaves out is left out here; what is not named here is not kept. */
export const User = z.object({
  id: z.string(),
  url_token: z.string().min(1),
  name: z.string(),
  type: z.literal('people'),
  headline: z.string(),
  description: z.string().optional(),
  url: z.string(),
  avatar_url: z.string(),
  cover_url: z.string().optional(),
  /** 1 male, 0 female, -1 not said. */
  gender: z.union([z.literal(1), z.literal(0), z.literal(-1)]),
  badge: z.array(z.looseObject({ type: z.string() })),
  business: named.optional(),
  locations: z.array(named).optional(),
  educations: z.array(z.looseObject({ school: named.optional(), major: named.optional() })).optional(),
  employments: z.array(z.looseObject({ company: named.optional(), job: named.optional() })).optional(),
  ...counts,
})
export type User = z.infer<typeof User>

/** What a user wrote: an answer, a question or an article, with all that the site gives of it. */
export const Post = z.looseObject({
  type: z.enum(['answer', 'question', 'article']),
  id: z.number().int(),
  /** Whose it is. */
  author_token: z.string().min(1),
})
export type Post = z.infer<typeof Post>

export const Item = z.discriminatedUnion('type', [User, Post])
export type Item = z.infer<typeof Item>

export const isUser = (item: object): boolean => (item as Item).type === 'people'
export const isPost = (item: object): boolean => !isUser(item)
