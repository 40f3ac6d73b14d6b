import { defineConfig, mongo, validate } from 'skein'
import { Item, isPost, isUser, type Post } from './items.ts'

// One config for a laptop and for a fleet: what differs is in the environment
const { REDIS_URL = '', MONGODB_URL = '', ZHIHU_AUTHORIZATION } = process.env

const STORE = { url: MONGODB_URL, database: 'zhihu' }

export default defineConfig({
  redis: REDIS_URL,
  // without a Redis the crawl is kept in a folder: it goes on where it was, whatever died
  jobDir: REDIS_URL === '' ? '.skein/zhihu' : '',
  // what was seen stays when the crawl has finished: started again, it visits what is new
  persist: true,

  // the site's robots.txt forbids all of it: have its owner's permission, or crawl the look-alike
  obeyRobotsTxt: false,
  defaultHeaders: { Authorization: ZHIHU_AUTHORIZATION ?? null },
  maxRequestsPerSecond: 10,
  concurrency: 16,
  concurrencyPerSlot: 16,
  maxRetries: 10,
  retryStatuses: [403, 408, 429, 500, 502, 503, 504, 522, 524],

  // users go to MongoDB; without one to the list zhihu:items in Redis; without that to a file
  pipelines: [
    validate(Item),
    ...(MONGODB_URL === ''
      ? []
      : [
          mongo({ ...STORE, collection: 'users', key: 'url_token', when: isUser }),
          mongo({ ...STORE, name: 'mongo-posts', collection: (post: Post) => `${post.type}s`, key: 'id', when: isPost }),
        ]),
  ],
  redisItems: REDIS_URL !== '' && MONGODB_URL === '',
  feeds: REDIS_URL === '' && MONGODB_URL === '' ? [{ uri: 'users.jsonl' }] : [],
})
