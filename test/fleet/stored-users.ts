import { isDeepStrictEqual } from 'node:util'
import { MongoClient } from 'mongodb'
import { User } from '../../examples/zhihu/items.ts'
import { USER_QUERY } from '../../examples/zhihu/queries.ts'
import type { ZhihuSite } from '../../src/testing/index.ts'
import type { RedisServer } from '../support/redis-server.ts'

/** Every user that can be reached, as it is to be stored, in the order of their tokens. */
export function expectedUsers(site: ZhihuSite): User[] {
  return site
    .reachable()
    .sort()
    .map((token) => User.parse(site.expectedUser(token, USER_QUERY)))
}

/** The users in the list of items in Redis, in the order of their tokens; one that is there twice is there twice. */
export async function storedInRedis(redis: RedisServer): Promise<User[]> {
  const texts = (await redis.cli('LRANGE', 'zhihu:items', 0, -1)) as string[]
  return texts.map((text) => JSON.parse(text) as User).sort(byToken)
}

/** The users in MongoDB, in the order of their tokens, without the `_id` that the server gave them. */
export async function storedInMongo(url: string): Promise<User[]> {
  const client = await new MongoClient(url).connect()
  try {
    const users = await client
      .db('zhihu')
      .collection('users')
      .find({}, { projection: { _id: 0 } })
      .toArray()
    return (users as unknown as User[]).sort(byToken)
  } finally {
    await client.close()
  }
}

/** What is wrong with the users that were stored, in words: missing, there twice, or not as the site has them. Both lists in the order of tokens. */
export function difference(stored: readonly User[], expected: readonly User[]): string[] {
  const problems: string[] = []
  const byName = new Map(expected.map((user) => [user.url_token, user]))
  let last: string | undefined
  for (const user of stored) {
    const { url_token: token } = user
    if (token === last) problems.push(`${token} is there twice`)
    else if (!byName.has(token)) problems.push(`${token} is there, and cannot be reached`)
    else if (!isDeepStrictEqual(user, byName.get(token))) problems.push(`${token} is not as the site has it`)
    last = token
  }
  const names = new Set(stored.map(({ url_token }) => url_token))
  for (const token of byName.keys()) if (!names.has(token)) problems.push(`${token} is missing`)
  return problems
}

function byToken(a: User, b: User): number {
  return a.url_token < b.url_token ? -1 : 1
}
