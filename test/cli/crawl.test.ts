import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Folder, type Site, serve } from '../support/cli.ts'
import { query, textOfFeed } from '../support/read-feed.ts'

let folder: Folder
let site: Site
/** Answers that a test holds back. */
let held: (() => void)[]

beforeEach(async () => {
  held = []
  site = await serve((request, response) => {
    if (request.url === '/') response.end('<a href="/1">1</a><a href="/2">2</a><a href="/404">x</a><a href="/1#again">1</a>')
    else if (request.url === '/404') response.writeHead(404).end()
    else if (request.url === '/slow') held.push(() => response.end('<title>late</title>'))
    else response.end(`<title>page ${request.url}</title>`)
  })
  folder = new Folder({
    'skein.config.ts':
      "import { defineConfig } from 'skein'\nexport default defineConfig({ logLevel: 'warn', feeds: [{ uri: 'project.jsonl' }] })",
    'spiders/pages.ts': `import { Spider, type HtmlResponse } from 'skein'
export class Pages extends Spider {
  override *start() { for (const path of (this.args['paths'] ?? '/').split(',')) yield this.request('${site.url}' + path) }
  override *parse(page: HtmlResponse) {
    yield { url: page.url.slice(${site.url.length}), ...this.args }
    yield* page.followAll('a')
  }
}`,
  })
})
afterEach(async () => {
  folder.remove()
  await site[Symbol.asyncDispose]()
})

const urls = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { url: string }).url)
    .sort()

describe('output', () => {
  test('items in the feeds of the project, stats in a file, a summary on standard error', async () => {
    const { code, stdout, stderr } = await folder.run(['crawl', 'pages', '--stats', 'deep/stats.json', '-a', 'x=1=2'])
    expect(code).toBe(0)
    expect(stdout).toBe('')
    expect(urls(folder.read('project.jsonl'))).toEqual(['/', '/1', '/2'])
    expect(folder.read('project.jsonl')).toContain('"x": "1=2"')
    expect(JSON.parse(folder.read('deep/stats.json'))).toMatchObject({
      finish_reason: 'finished',
      item_scraped_count: 3,
      response_received_count: 4,
      'downloader/response_status_count/200': 3,
      'dupefilter/filtered': 1,
      'request_end_count/done': 3,
      'request_end_count/http-error': 1,
      start_time: expect.stringMatching(/^\d{4}-/),
    })
    expect(stderr).toMatch(/pages finished\n {2}pages +4 .*3 2xx · 1 4xx \(404\)\n {2}items +3/)
    expect(stderr).toMatch(/written +3 to project\.jsonl \(jsonl\)/)
    expect(stderr).toMatch(/requests +3 done · 1 duplicate · 1 http-error/)
    expect(stderr).not.toContain('\x1b')
  })

  test('-o and -O take the place of the feeds of the project, several at once', async () => {
    folder.write('kept.jsonl', '{"url":"before"}\n')
    folder.write('gone.jsonl', '{"url":"before"}\n')
    const { code, stdout } = await folder.run([
      'crawl',
      'pages',
      '-o',
      'kept.jsonl',
      '-O',
      'gone.jsonl',
      '-O',
      'a.csv.gz',
      '-o',
      '-:json',
    ])
    expect(code).toBe(0)
    expect(urls(folder.read('kept.jsonl'))).toEqual(['/', '/1', '/2', 'before'])
    expect(urls(folder.read('gone.jsonl'))).toEqual(['/', '/1', '/2'])
    expect(
      gunzipSync(readFileSync(join(folder.path, 'a.csv.gz')))
        .toString()
        .trim()
        .split(/\r?\n/),
    ).toHaveLength(4)
    expect(JSON.parse(stdout)).toHaveLength(3)
    expect(() => folder.read('project.jsonl')).toThrow()
  })

  test('the log in a file, as JSON, and nothing of it on standard error', async () => {
    const { stderr } = await folder.run([
      'crawl',
      'pages',
      '--log-file',
      'logs/a.log',
      '--log-format',
      'json',
      '--log-level',
      'DEBUG',
    ])
    const records = folder
      .read('logs/a.log')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string; time: string })
    expect(records.length).toBeGreaterThan(3)
    expect(
      records.every(({ level, time }) => ['debug', 'info', 'warn', 'error'].includes(level) && !Number.isNaN(Date.parse(time))),
    ).toBe(true)
    expect(stderr).toMatch(/^\n?pages finished/)
  })

  test('a reader that goes away does not end in a stack', async () => {
    const running = folder.start(['list'])
    running.process.stdout!.destroy()
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('wrong usage is told before anything is fetched', () => {
  test.each([
    [['-o', 'a.docx'], '.docx'],
    [['-O', ''], 'names no file'],
    [['-O', 'taken/'], 'taken'],
    [['-O', 'file/in/file.jsonl'], 'file/in/file.jsonl'],
    [['--stats', 'taken'], 'taken'],
    [['--stats', 'file/x'], 'Cannot write the stats to file/x'],
    [['--log-file', 'taken'], 'Cannot write the log file taken'],
    [['--log-level', 'loud'], "one of 'debug', 'info', 'warn', 'error', 'silent', got 'loud'"],
    [['--log-format', 'xml'], "one of 'text', 'json', got 'xml'"],
    [['-a', 'novalue'], 'Expected -a name=value, got "novalue"'],
    [['-s', '=1'], 'Expected -s setting=value, got "=1"'],
    [['-s', 'dealy=1'], 'did you mean `delay`?'],
    [['-s', 'feeds=[]'], '-o or -O'],
    [['--job-dir', 'a', '--redis', 'redis://127.0.0.1:1'], 'A crawl is kept in one place'],
    [['--job-dir', 'file'], 'there is a file in its way'],
    [['--job-dir', '.'], 'is not a crawl of skein: there are other files in it'],
    [['--job-dir', 'a', '--keep-alive'], '--keep-alive is for a crawl that is kept in Redis, and this one is in a'],
    [['--persist'], 'Or --job-dir FOLDER'],
    [['-s', 'SCHEDULER_DISK_QUEUE=x'], '`jobDir`'],
    [['-s', 'JOBDIR=a'], 'here it is `jobDir`'],
  ])('%j', async (args, says) => {
    mkdirSync(join(folder.path, 'taken'))
    folder.write('file', '')
    const { code, stdout, stderr } = await folder.run(['crawl', 'pages', ...args])
    expect(stderr).toContain(says)
    expect({ code, stdout, asked: site.asked }).toEqual({ code: 2, stdout: '', asked: [] })
    expect(stderr).not.toContain('    at ')
  })
})

describe('a crawl that goes wrong', () => {
  test('the exit code is 1 when a store fails, and the stats are written', async () => {
    folder.write(
      'skein.config.ts',
      "export default { pipelines: [{ name: 'full', process: (item: object) => item, flush() { throw new Error('disk full') } }] }",
    )
    const { code, stderr } = await folder.run(['crawl', 'pages', '--stats', 'stats.json'])
    expect(code).toBe(1)
    expect(stderr).toContain('disk full')
    expect(stderr).toContain('pages failed (')
    expect(JSON.parse(folder.read('stats.json'))).not.toMatchObject({ finish_reason: 'finished' })
  })

  test('a pipeline that does not open ends it before it begins: exit code 1, stats all the same', async () => {
    folder.write(
      'skein.config.ts',
      "export default { pipelines: [{ name: 'p', process: (item: object) => item, open() { throw new Error('no database') } }] }",
    )
    expect(await folder.run(['crawl', 'pages', '--stats', 'stats.json'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no database'),
    })
    expect(JSON.parse(folder.read('stats.json'))).toEqual({ finish_reason: 'not_started' })
    expect(site.asked).toEqual([])
  })

  test('errors on pages are counted and pointed at, and the exit code stays 0', async () => {
    folder.write('skein.config.ts', "export default { pipelines: [{ name: 'p', process() { throw new Error('no price') } }] }")
    const { code, stderr } = await folder.run(['crawl', 'pages', '--log-file', 'a.log'])
    expect(stderr).toMatch(/\d errors were logged: grep ERROR a\.log/)
    expect(folder.read('a.log')).toContain('no price')
    expect(code).toBe(0)
  })

  test('a promise that nobody waited for is logged, and the crawl goes on', async () => {
    folder.write(
      'lost.ts',
      `import { Spider } from 'skein'\nexport class Lost extends Spider { startUrls = ['${site.url}/1', '${site.url}/2']\n parse() { void Promise.reject(new Error('lost one')); return { url: 'x' } } }`,
    )
    const { code, stdout, stderr } = await folder.run(['run', 'lost.ts', '-o', '-'])
    expect(stderr).toContain('lost one')
    expect(stderr).toContain('lost.ts:3:')
    expect(urls(stdout)).toEqual(['x', 'x'])
    expect(code).toBe(0)
  })

  test('an exception outside of callbacks ends the crawl in good order, with exit code 1', async () => {
    folder.write(
      'stray.ts',
      `import { Spider } from 'skein'\nexport class Stray extends Spider { startUrls = ['${site.url}/1']\n parse() { setImmediate(() => { throw new Error('stray one') }); return { url: 'x' } } }`,
    )
    const { code, stdout, stderr } = await folder.run(['run', 'stray.ts', '-o', '-'])
    expect(stderr).toContain('stray one')
    expect(urls(stdout)).toEqual(['x'])
    expect(code).toBe(1)
  })

  test('what a spider left open does not keep the process', async () => {
    folder.write(
      'open.ts',
      `import { Spider } from 'skein'\nsetInterval(() => undefined, 1000)\nexport class Open extends Spider { startUrls = ['${site.url}/1']\n parse() { return { url: 'x' } } }`,
    )
    const { code, stdout } = await folder.run(['run', 'open.ts', '-o', '-'])
    expect({ code, items: urls(stdout) }).toEqual({ code: 0, items: ['x'] })
  })
})

describe('signals', () => {
  test.each([['SIGINT'], ['SIGTERM']] as const)(
    '%s once: what is in flight is finished, feeds are valid, exit code 0',
    async (signal) => {
      const running = folder.start([
        'crawl',
        'pages',
        '-O',
        'a.json',
        '--stats',
        'stats.json',
        '-a',
        'paths=/1,/slow,/2,/3',
        '-s',
        'concurrency=2',
        '-s',
        'order=fifo',
      ])
      await running.until(site.wasAsked('/slow'))
      running.process.kill(signal)
      await running.says('stopping: pages in flight get 30 s to finish. Press Ctrl-C again')
      for (const finish of held) finish()
      const { code, stderr } = await running.ended
      expect(stderr).toContain('pages stopped early (shutdown)')
      expect(code).toBe(0)
      expect(JSON.parse(folder.read('a.json'))).toContainEqual(expect.objectContaining({ url: '/slow' }))
      expect(JSON.parse(folder.read('stats.json'))).toMatchObject({ finish_reason: 'shutdown' })
    },
  )

  test('twice: pages in flight are given back, feeds are valid, exit code 130', async () => {
    const running = folder.start(['crawl', 'pages', '-O', 'a.json', '--stats', 'stats.json', '-a', 'paths=/1,/slow'])
    await running.until(Promise.all([site.wasAsked('/slow'), site.wasAsked('/1')]))
    running.process.kill('SIGINT')
    await running.says('stopping: ')
    running.process.kill('SIGINT')
    const { code, stderr } = await running.ended
    expect(stderr).toContain('stopping at once')
    expect(stderr).toMatch(/left +1 request was not fetched/)
    expect(code).toBe(130)
    expect(JSON.parse(folder.read('a.json'))).not.toContainEqual(expect.objectContaining({ url: '/slow' }))
    expect(JSON.parse(folder.read('stats.json'))).toMatchObject({ finish_reason: 'shutdown' })
  })

  test('with --job-dir the same command goes on, after SIGINT and after kill -9', async () => {
    const args = ['crawl', 'pages', '--job-dir', 'crawls/pages', '-o', 'a.jsonl', '-a', 'paths=/1,/slow', '--log-level', 'info']
    const first = folder.start(args)
    await first.until(Promise.all([site.wasAsked('/slow'), site.wasAsked('/1')]))
    first.process.kill('SIGINT')
    await first.says('stopping: ')
    first.process.kill('SIGINT')
    expect((await first.ended).stderr).toMatch(/left +1 request still to be fetched: the same command goes on with it/)

    site.asked.length = 0
    const second = folder.start(args)
    await second.until(site.wasAsked('/slow'))
    second.process.kill('SIGKILL')
    await second.ended

    expect(site.asked.splice(0)).toEqual(['/slow'])
    const third = folder.start(args)
    await third.says('A worker ended without a word; 1 request goes to others')
    await third.until(site.wasAsked('/slow'))
    for (const finish of held) finish()
    const { code, stderr } = await third.ended
    expect(stderr).toContain('was interrupted and goes on where it was: 1 request is left')
    expect(stderr).toMatch(/the whole crawl\n {2}pages +2 /)
    expect(code).toBe(0)
    expect(site.asked).toEqual(['/slow'])
    expect(urls(folder.read('a.jsonl'))).toEqual(['/1', '/slow'])
  })

  test('a store that is away ends a crawl before it begins, in one line without secrets', async () => {
    folder.write(
      'skein.config.ts',
      `import { defineConfig, postgres } from 'skein'
        export default defineConfig({ pipelines: [postgres({ url: 'postgres://me:secret@127.0.0.1:1/items' })] })`,
    )
    const { code, stderr } = await folder.run(['crawl', 'pages', '-a', 'paths=/1', '--log-level', 'error'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^skein: PostgreSQL at 127\.0\.0\.1:1 is away.*The crawl does not begin without it\n$/)
    expect(stderr).not.toContain('secret')
    expect(site.asked).toEqual([])
  })

  test('so does the server of a feed', async () => {
    const args = ['crawl', 'pages', '-a', 'paths=/1', '-O', 'ftp://me:secret@127.0.0.1:1/a.jsonl', '--log-level', 'error']
    const { code, stderr } = await folder.run(args)
    expect(code).toBe(1)
    expect(stderr).toBe(
      'skein: the feed ftp://127.0.0.1:1/a.jsonl could not be written: the server cannot be reached (ECONNREFUSED)\n',
    )
    expect(site.asked).toEqual([])
  })

  test.each([1, 2])('SIGINT, %i of them: feeds that come to their place at the end are there, and whole', async (times) => {
    const uris = ['a.parquet', 'a.json.br', 'a-%(batch_id)d.jsonl.zst', 'a.csv'].map((name) => `${times}/${name}`)
    folder.write(
      'skein.config.ts',
      `import { defineConfig } from 'skein'
        export default defineConfig({ logLevel: 'warn', feeds: [
          { uri: '${uris[0]}' }, { uri: '${uris[1]}' }, { uri: '${uris[2]}', batchItems: 1 }, { uri: '${uris[3]}', place: 'atEnd' }
        ] })`,
    )
    const running = folder.start(['crawl', 'pages', '-a', 'paths=/1,/2,/slow', '-s', 'concurrency=1', '-s', 'order=fifo'])
    await running.until(site.wasAsked('/slow'))
    running.process.kill('SIGINT')
    await running.says('stopping: ')
    if (times === 2) running.process.kill('SIGINT')
    else for (const finish of held) finish()
    expect((await running.ended).code).toBe(times === 2 ? 130 : 0)
    const pages = times === 2 ? ['/1', '/2'] : ['/1', '/2', '/slow']
    const at = (name: string): string => join(folder.path, `${times}`, name)
    expect((await query(`select url from '${at('a.parquet')}'`)).map(({ url }) => url)).toEqual(pages)
    expect((JSON.parse(textOfFeed(at('a.json.br'))) as { url: string }[]).map(({ url }) => url)).toEqual(pages)
    for (const [i, url] of pages.entries()) {
      expect(JSON.parse(textOfFeed(at(`a-${i + 1}.jsonl.zst`)))).toMatchObject({ url })
    }
    expect(readdirSync(join(folder.path, `${times}`))).toHaveLength(3 + pages.length)
  })

  test('a third leaves no choice, whatever hangs', async () => {
    folder.write(
      'hang.ts',
      `import { Spider } from 'skein'\nexport class Hang extends Spider { startUrls = ['${site.url}/1']\n parse() { return new Promise<void>(() => undefined) }\n closed() { return new Promise<void>(() => undefined) } }`,
    )
    const running = folder.start(['run', 'hang.ts'])
    await running.until(site.wasAsked('/1'))
    running.process.kill('SIGINT')
    await running.says('stopping: ')
    running.process.kill('SIGINT')
    await running.says('stopping at once')
    running.process.kill('SIGINT')
    expect((await running.ended).code).toBe(130)
  })
})
