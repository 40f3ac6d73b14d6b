import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Config, type HtmlResponse, Spider } from '../../src/index.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let folder: string
let redis: RedisServer
let site: Site
const fileUrl = (name: string): string => pathToFileURL(join(folder, name)).href

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-schemes-'))
  writeFileSync(join(folder, 'secret.html'), '<h1>secret</h1>')
  writeFileSync(join(folder, 'index.html'), links('a.html', 'b.html', 'missing.html'))
  for (const name of ['a.html', 'b.html']) writeFileSync(join(folder, name), '<h1>Page</h1>')
  redis = await startRedis()
  const refresh = (url: string): string => `<meta http-equiv="refresh" content="0;url=${url}"><h1>Page</h1>`
  site = await startSite({
    '/': links(fileUrl('secret.html'), '/moved', '/refresh', `data:text/html,<a href='${fileUrl('secret.html')}'>x</a>`),
    '/moved': (_, response) => response.writeHead(302, { location: fileUrl('secret.html') }).end(),
    '/refresh': refresh(fileUrl('secret.html')),
  })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await site?.close()
  await redis?.stop()
})

function crawlFrom(urls: string[], config: Config, allowedDomains: string[] = []) {
  class Local extends Spider {
    static override spiderName = 'local'
    override startUrls = urls
    override allowedDomains = allowedDomains
    override *parse(page: HtmlResponse) {
      yield { url: page.url, title: page.css('h1::text').get() }
      yield* page.followAll('a')
    }
  }
  return run(Local, config)
}

describe.each(['memory', 'redis'])('with the frontier in %s', (place) => {
  const config = (job: string): Config => (place === 'redis' ? { redis: redis.url, job } : {})

  it('local files are crawled without delay, robots.txt or proxy; one that is missing fails once', async () => {
    const { items, ends, stats } = await crawlFrom([fileUrl('index.html')], {
      ...config('files'),
      // in that time this test would be long over
      delay: 3600,
      obeyRobotsTxt: true,
      proxy: 'http://127.0.0.1:1',
      retry: true,
    })
    expect(items.map((item) => (item as { url: string }).url).sort()).toEqual([
      fileUrl('a.html'),
      fileUrl('b.html'),
      fileUrl('index.html'),
    ])
    expect(ends.filter(([, reason]) => reason === 'failed')).toEqual([[fileUrl('missing.html'), 'failed']])
    expect(stats['retry/count']).toBeUndefined()
  })

  it('no page of the web has a local file read, by link, redirect, refresh or a page within a page', async () => {
    const { items, ends, log } = await crawlFrom([`${site.url}/`], config('web'))
    expect(items.map((item) => (item as { title: string }).title)).not.toContain('secret')
    expect(ends.filter(([, reason]) => reason === 'ignored')).toEqual([
      [fileUrl('secret.html'), 'ignored'],
      [fileUrl('secret.html'), 'ignored'],
    ])
    expect(ends).toContainEqual(['/moved', 'http-error'])
    expect(ends).toContainEqual(['/refresh', 'done'])
    expect(log.filter(({ level }) => level === 'error')).toEqual([])
  })
})

it('with allowedDomains a URL without a host is outside of them, unless it is let through', async () => {
  const data = 'data:text/html,<h1>x</h1>'
  expect((await crawlFrom([data], {})).ends).toEqual([[data.replaceAll('<', '%3C').replaceAll('>', '%3E'), 'done']])
  class Seeds extends Spider {
    override allowedDomains = ['a.example']
    override *start() {
      yield this.request('data:,a')
      yield this.request('data:,b', { allowOffsite: true })
    }
    override parse(): undefined {}
  }
  expect((await run(Seeds)).ends.sort()).toEqual([
    ['data:,a', 'offsite'],
    ['data:,b', 'done'],
  ])
})
