import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { type Ended, Folder, type Site, serve } from '../support/cli.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

let server: RedisServer
let site: Site
let folder: Folder
const home = process.cwd()

const spider = (name: string, more = ''): string => `
import { type HtmlResponse, Spider } from 'skein'
export class Numbers extends Spider {
  static override spiderName = '${name}'
  static override settings = { obeyRobotsTxt: false, retry: false, redisItems: true${more} }
  override *parse(page: HtmlResponse) {
    yield { url: page.url }
    yield* page.followAll('a')
  }
  *other(page: HtmlResponse) {
    yield { other: page.url, header: page.request.headers.get('x-a'), meta: page.request.meta }
  }
}
`
/** Runs a verb in this process, which takes a tenth of the time: there are many of them here. Only workers are processes of their own. */
async function skein(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    stdout += String(chunk)
    return true
  })
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    stderr += String(chunk)
    return true
  })
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  process.chdir(folder.path)
  try {
    const code = await main(args)
    return { code, stdout, stderr }
  } finally {
    process.chdir(home)
    vi.unstubAllEnvs()
    out.mockRestore()
    err.mockRestore()
    // one for each command
    process.stdout.removeAllListeners('error')
    process.stderr.removeAllListeners('error')
  }
}
const redis = (): string[] => ['--redis', server.url]
/** Runs a verb that must succeed, and gives its JSON. */
async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await skein([...args, ...redis(), '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Record<string, unknown>
}
const items = async (name: string): Promise<unknown[]> =>
  ((await server.cli('LRANGE', `${name}:items`, 0, -1)) as string[]).map((item) => JSON.parse(item) as unknown)

beforeAll(async () => {
  server = await startRedis()
  site = await serve((request, response) => {
    if (request.url === '/missing') response.statusCode = 404
    response.end(request.url === '/1' ? '<a href="/2">2</a><a href="/missing">3</a>' : 'a page')
  })
})
afterAll(async () => {
  await site[Symbol.asyncDispose]()
  await server.stop()
})
beforeEach(() => {
  folder = new Folder({ 'numbers.ts': spider('numbers') })
})
afterEach(async () => {
  folder.remove()
  await server.cli('FLUSHALL')
})

describe('a crawl from outside', { timeout: 60_000 }, () => {
  test('is given seeds, runs, is looked at, and is deleted', async () => {
    expect(await json('push', 'numbers', `${site.url}/1`)).toEqual({
      crawl: 'numbers',
      key: 'numbers:start_urls',
      type: 'list',
      pushed: 1,
      present: 0,
      waiting: 1,
      workers: 0,
      bad: 0,
    })
    const crawl = await folder.run(['run', 'numbers.ts', ...redis(), '--persist'])
    expect(crawl).toMatchObject({ code: 0, stderr: expect.stringContaining('numbers finished') })

    const status = await json('status')
    expect(status).toMatchObject({
      crawl: 'numbers',
      state: 'finished',
      workers: [],
      totals: { queued: 0, leased: 0, done: 3, dead: 0, items: 2 },
      stats: { item_scraped_count: 2, response_received_count: 3 },
      seeds: { waiting: 0, dead: 0 },
    })
    const shown = await skein(['status', 'numbers', '--stats', ...redis()])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    for (const line of [
      /^state\tfinished$/m,
      /^items\t2 · 2 waiting in Redis$/m,
      /^response_received_count\t3$/m,
      /^No worker takes part/m,
    ])
      expect(shown.stdout).toMatch(line)

    // nobody can be asked here
    expect(await skein(['purge', 'numbers', ...redis()])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/2 URLs seen.*--yes/),
    })
    expect(await json('purge', 'numbers', '--yes')).toEqual({ crawl: 'numbers', queued: 0, seen: 2, dead: 0, items: 0, seeds: 0 })
    expect(await items('numbers')).toHaveLength(2)
    expect(await skein(['status', 'numbers', ...redis()])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^skein: There is no crawl "numbers" on this Redis\. There is none at all\..*\n$/),
    })
  })

  test('with workers that wait: pushed to, paused, drained', async () => {
    const worker = folder.start(['run', 'numbers.ts', ...redis(), '--keep-alive', '--job', 'b'])
    await worker.says('Spider numbers starts')
    await expect.poll(async () => (await skein(['status', ...redis()])).code, { timeout: 15_000 }).toBe(0)
    expect(await json('pause', '--reason', 'the site asked', '--wait')).toEqual({
      crawl: 'numbers.b',
      before: '',
      now: 'pause',
      reason: 'the site asked',
      workers: 1,
      leased: 0,
      followed: true,
    })
    const push = await skein(['push', 'numbers', '--job', 'b', `${site.url}/2`, ...redis()])
    expect(push).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Pushed 1 seed to numbers.b:start_urls, 1 is waiting. 1 worker takes part'),
    })
    expect(await json('status', 'numbers.b')).toMatchObject({
      control: 'pause',
      reason: 'the site asked',
      workers: [{ alive: true, pid: worker.process.pid }],
      seeds: { waiting: 1 },
    })
    expect(await skein(['purge', 'numbers.b', '--yes', ...redis()])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('1 worker takes part in numbers.b: nothing was deleted'),
    })
    expect(await skein(['resume', ...redis()])).toMatchObject({
      code: 0,
      stdout: 'numbers.b goes on: 1 worker was told, 0 in flight.\n',
    })
    await expect.poll(() => items('numbers.b'), { timeout: 15_000 }).toEqual([{ url: `${site.url}/2` }])
    expect(await json('drain', '--wait', '15')).toMatchObject({ now: 'drain', followed: true })
    expect(await worker.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('numbers finished') })
    expect(await skein(['pause', ...redis()])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has finished: there is nothing to pause'),
    })
  })

  test('stop ends workers in good order, with the reason', async () => {
    const worker = folder.start(['run', 'numbers.ts', ...redis(), '--keep-alive'])
    await worker.says('Spider numbers starts')
    await expect.poll(async () => (await skein(['status', ...redis()])).code, { timeout: 15_000 }).toBe(0)
    expect(await json('stop', '--reason', 'night', '--wait', '15')).toMatchObject({ reason: 'night', followed: true })
    expect(await worker.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('numbers stopped early (night)') })
  })

  test('what failed is listed, retried and dropped', async () => {
    const gone = 'http://127.0.0.1:9'
    await json('push', 'numbers', `${gone}/1`, `${gone}/2`)
    await folder.run(['run', 'numbers.ts', ...redis(), '--persist'])
    const { total, letters } = (await json('dead', 'list', '--url', ':9/1')) as {
      total: number
      letters: { id: number; url: string }[]
    }
    expect({ total, urls: letters.map(({ url }) => url) }).toEqual({ total: 1, urls: [`${gone}/1`] })
    expect((await skein(['dead', ...redis()])).stdout).toContain(`\t${gone}/2\t`)

    for (const wrong of [['retry'], ['retry', '--all', '--url', 'x'], ['retry', '--id', 'x'], ['list', '--limit', '-1']])
      expect(await skein(['dead', ...wrong, ...redis()])).toMatchObject({ code: 2, stdout: '' })
    expect(await json('dead', 'drop', '--id', String(letters[0]!.id), '--yes')).toEqual({ crawl: 'numbers', dropped: 1 })
    expect(await json('dead', 'retry', '--all')).toEqual({ crawl: 'numbers', retried: 1, unreadable: [], forgotten: false })
    expect(await json('hosts')).toMatchObject({ total: 1, hosts: [{ name: '127.0.0.1', queued: 1 }] })
    expect((await skein(['hosts', 'set', '127.0.0.1', '--delay', '0.5', '--block', '60', ...redis()])).stdout).toContain(
      'Changed 127.0.0.1',
    )
    expect((await skein(['hosts', 'list', '--sort', 'wait', ...redis()])).stdout).toMatch(
      /^127\.0\.0\.1 \*\t1\t0\t8\t0\.5 s\t-\t(59|60|1 min)/m,
    )
    expect(await skein(['hosts', 'set', '127.0.0.1', ...redis()])).toMatchObject({ code: 2 })
    expect(await skein(['hosts', '--sort', 'name', ...redis()])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('queued, leased, wait'),
    })
    expect(await skein(['hosts', 'purge', '127.0.0.1', ...redis()])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    })
    expect(await json('hosts', 'purge', '127.0.0.1', '--yes')).toEqual({ crawl: 'numbers', host: '127.0.0.1', dropped: 1 })

    await server.cli('RPUSH', '{numbers}:start_urls:dead', JSON.stringify({ at: 1, error: 'why', message: 'bad\u001b[2J' }))
    const seeds = await skein(['dead', 'seeds', ...redis()])
    expect(seeds.stdout).toContain('bad\\u001b[2J\twhy')
    expect(await json('dead', 'seeds', 'retry')).toEqual({ crawl: 'numbers', retried: 1 })
    expect(await json('dead', 'seeds', 'drop')).toEqual({ crawl: 'numbers', dropped: 0 })
  })
})

describe('push', () => {
  test('says something about all of its URLs', async () => {
    folder.write('urls.txt', `# seeds\n\n${site.url}/7\r\n  ${site.url}/8  \n`)
    const flags = ['--callback', 'other', '--priority', '3', '--meta', '{"n":1}', '-H', 'X-A: b: c', '--filter']
    expect(await json('push', 'numbers', `${site.url}/8`, '-f', 'urls.txt', ...flags)).toMatchObject({ pushed: 3 })
    await folder.run(['run', 'numbers.ts', ...redis()])
    expect(await items('numbers')).toHaveLength(2)
    expect(await items('numbers')).toContainEqual({ other: `${site.url}/7`, header: 'b: c', meta: { n: 1 } })
  })

  test('pushes nothing when one line is no seed, and says which; unless it is told to', async () => {
    folder.write('urls.txt', `${site.url}/1\nnot a url\n{"url":"${site.url}/2"}\n{"url":5}\n`)
    const refused = await skein(['push', 'numbers', '--file', 'urls.txt', ...redis()])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(/2 seeds cannot be read, and nothing was pushed[\s\S]*line 2: [\s\S]*line 4: /)
    expect(await server.cli('EXISTS', 'numbers:start_urls')).toBe(0)
    const skipped = await skein(['push', 'numbers', '--file', 'urls.txt', '--skip-bad', ...redis()])
    expect(skipped).toMatchObject({ code: 0, stderr: expect.stringMatching(/line 2: [\s\S]*line 4: /) })
    expect(skipped.stdout).toContain('Pushed 2 seeds to numbers:start_urls, 2 could not be read, 2 are waiting.')
    expect(await server.cli('LRANGE', 'numbers:start_urls', 0, -1)).toEqual([`${site.url}/1`, `{"url":"${site.url}/2"}`])
  })

  test.each([
    [['push', 'numbers'], 'Nothing to push'],
    [['push', 'numbers', '--file', 'nowhere.txt'], 'Cannot read nowhere.txt'],
    [['push', 'numbers', '--file', '.'], 'Cannot read .'],
    [['push', 'numbers', 'http://a/', '--meta', '[1]'], '--meta to be a JSON object'],
    [['push', 'numbers', 'http://a/', '--priority', 'high'], '--priority to be a whole number'],
    [['push', 'numbers', 'http://a/', '-H', 'nothing'], "--header 'Name: value'"],
    [['push', 'numbers', '{"url":"http://a/"}', '--priority', '1'], 'under "$request"'],
    [['push', 'http://a/'], 'no crawl on this Redis'],
  ])('%j is refused', async (args, message) => {
    const { code, stdout, stderr } = await skein([...args, ...redis()])
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: expect.stringContaining(message) })
    expect(code).toBe(message.includes('no crawl') ? 1 : 2)
  })
})

describe('which Redis, which crawl', () => {
  test('is said by the command line, the environment, the project', async () => {
    const none = await skein(['status', 'numbers'])
    expect(none).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--redis') })

    folder.write('skein.config.ts', `export default { redis: '${server.url}' }`)
    folder.write('spiders/numbers.ts', spider('numbers', ", job: 'x', startUrlsKey: 'seeds:%(name)s', startUrlsType: 'set'"))
    // the spider of the project, with its settings
    expect(await skein(['push', 'http://a.example/'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Pushed 1 seed to seeds:numbers.x'),
    })
    expect(await server.cli('SMEMBERS', 'seeds:numbers.x')).toEqual(['http://a.example/'])
    expect(await skein(['status'], { SKEIN_REDIS: 'redis://127.0.0.1:1' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('127.0.0.1:1'),
    })

    // a project that does not compile keeps nobody from operating by --redis
    folder.write('skein.config.ts', 'export default {')
    expect(await skein(['status', 'numbers'])).toMatchObject({ code: 2 })
    const aside = await skein(['push', 'numbers', 'http://a.example/', ...redis()])
    expect(aside).toMatchObject({ code: 0, stderr: expect.stringContaining('the project is left aside') })
    expect(await server.cli('LLEN', 'numbers:start_urls')).toBe(1)
  })

  test.each([
    ['redis://me:geheim@127.0.0.1:1', 1, /^skein: [^\n]*127\.0\.0\.1:1[^\n]*\n$/],
    ['http://me:geheim@host', 2, /^skein: [^\n]*\n$/],
    ['redis://me:geheim@host:99999', 2, /^skein: [^\n]*port[^\n]*\n$/],
  ])('%s: one line, without the password', async (url, code, line) => {
    for (const verb of [
      ['status'],
      ['hosts'],
      ['dead'],
      ['pause'],
      ['stop'],
      ['purge', '--yes'],
      ['push', 'a', 'http://b/'],
      ['run', 'numbers.ts'],
    ]) {
      // spiders are compiled, which is a process of its own that must not begin in a folder that goes away
      const ended = await (verb[0] === 'run' ? folder.run([...verb, '--redis', url]) : skein([...verb, '--redis', url]))
      expect({ verb, ...ended }).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(line) })
      expect(ended.stderr).not.toContain('geheim')
    }
  })

  test('what only a shared crawl can do is not left out in silence', async () => {
    for (const flag of [['--job', 'b'], ['--persist'], ['--keep-alive']])
      expect(await folder.run(['run', 'numbers.ts', ...flag])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${flag[0]} is for a crawl`),
      })
  })

  test('a name that cannot be one', async () => {
    expect(await skein(['status', 'a b{}', ...redis()])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot be called "a b{}"'),
    })
  })
})
