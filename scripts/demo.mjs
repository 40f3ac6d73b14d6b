// npm run demo: a look-alike of Zhihu on loopback, crawled from one user to the last one that can be reached from there.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { checkNode, giveUp, installDependencies, root, step } from './steps.mjs'

checkNode()
installDependencies()
step('Building', process.execPath, ['scripts/build.mjs'])

const { zhihuSite } = await import('skein/testing')
const site = await zhihuSite({
  users: 1000,
  latency: { median: 20 },
  rateLimits: [{ requests: 400, by: 'all' }],
  shiftingLists: true,
  faults: [
    { kind: 'status', probability: 0.004 },
    { kind: 'reset', probability: 0.003 },
    { kind: 'truncated-json', probability: 0.003 },
  ],
})
const folder = mkdtempSync(join(tmpdir(), 'skein-demo-'))
const output = join(folder, 'users.jsonl')
const command = ['crawl', 'zhihu', '-a', `api=${site.api}`, '-a', `user=${site.start}`, '-O', output]
// the pace of the example is meant for the real site
const settings = { maxRequestsPerSecond: 350, concurrency: 32, concurrencyPerSlot: 32, jobDir: join(folder, 'crawl') }
const { users, gone, requests } = site.expected
console.log(`
A look-alike of Zhihu's API is open at ${site.api}. From ${site.start} ${users} users can be reached (${gone} more have left), with ${requests} requests.
It lets 400 requests a second through, breaks one answer in a hundred, and moves its lists while they are read.

  skein ${command.join(' ')}
`)

const child = spawn(
  process.execPath,
  [
    join(root, 'bin', 'skein.mjs'),
    ...command,
    ...Object.entries(settings).flatMap(([name, value]) => ['-s', `${name}=${value}`]),
  ],
  {
    cwd: join(root, 'examples', 'zhihu'),
    stdio: 'inherit',
    env: { ...process.env, ZHIHU_AUTHORIZATION: 'oauth of-nobody', REDIS_URL: '', MONGODB_URL: '' },
  },
)
const status = await new Promise((resolve) => child.on('exit', resolve))
if (status !== 0) giveUp(`The crawl ended with ${status}; its own words are above.`)

const rows = readFileSync(output, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))
const tokens = new Set(rows.map((user) => user.url_token))
const missing = site.reachable().filter((token) => !tokens.has(token))
const altered = rows.filter((user) => {
  const real = site.expectedUser(user.url_token)
  return Object.entries(user).some(([field, value]) => !isDeepStrictEqual(value, real?.[field]))
})
const { peakRate } = site.stats()
await site.close()
if (missing.length > 0 || altered.length > 0 || rows.length !== users)
  giveUp(
    `${rows.length} rows for ${users} users; missing: ${missing.join(', ') || 'none'}; not as the site has them: ${altered.length}.`,
  )

console.log(`
${rows.length} users that can be reached, ${rows.length} rows, every field as the site has it; never more than ${peakRate} requests in a second.

They are in ${output}; the first three:
`)
for (const { url_token, name, headline, follower_count } of rows.slice(0, 3))
  console.log(`  ${url_token}  ${name}  ${follower_count} followers  ${headline}`)
console.log('\nThe spider is examples/zhihu/spiders/zhihu.ts. Next: README.md, "Your first spider".')
