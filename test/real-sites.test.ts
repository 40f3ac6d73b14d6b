import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crawl, HtmlResponse, LinkExtractor, type Response, Spider } from '../src/index.ts'

/** HTML trees that nobody here wrote, from the packages python3-doc and debian-handbook; 530 and 3,302 pages in Debian 12. */
const SITES = '/usr/share/doc'
const HANDBOOK = 'debian-handbook/html'
/** What is no page, for both sides: the lists they have by default differ with the version of Scrapy. */
const DENIED = ['css', 'epub', 'pdf', 'png', 'svg', 'zip']

/** `npm test` says why the packages are missing, where they are; run by hand, this suite fails without them. */
const missing = process.env['SKEIN_NO_REAL_SITES'] !== undefined

describe.skipIf(missing)('real sites', () => {
  let folder: string
  let nginx: ChildProcess
  let site: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skein-real-sites-'))
    const port = await freePort()
    site = `http://127.0.0.1:${port}`
    writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder, port))
    mkdirSync(join(folder, 'temp'))
    nginx = spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await listening(port)
  })
  afterAll(async () => {
    nginx?.kill()
    if (nginx !== undefined) await once(nginx, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    ['the Python documentation', () => ['/python3.11/html/index.html'], 500],
    [
      "the Debian Administrator's Handbook, in all its languages",
      () => languages().map((language) => `/${HANDBOOK}/${language}/index.html`),
      3000,
    ],
  ])('%s: the URLs are those that Scrapy finds', { timeout: 300_000 }, async (_, paths, atLeast) => {
    const [ours, theirs] = [await crawledBySkein(paths()), await crawledByScrapy(paths())]
    expect(theirs.length).toBeGreaterThan(atLeast)
    expect(ours).toEqual(theirs)
  })

  async function crawledBySkein(paths: readonly string[]): Promise<string[]> {
    const found: string[] = []
    const links = new LinkExtractor({ allowDomains: new URL(site).host, denyExtensions: DENIED })
    class RealSites extends Spider {
      override startUrls = paths.map((path) => site + path)
      override *parse(page: Response) {
        found.push(page.url)
        if (page instanceof HtmlResponse) for (const link of links.extractLinks(page)) yield page.follow(link.url)
      }
    }
    const { ok } = await crawl(RealSites, {
      config: { concurrency: 32, concurrencyPerSlot: 32, obeyRobotsTxt: false, logLevel: 'error' },
    })
    expect(ok).toBe(true)
    return pages(found)
  }

  async function crawledByScrapy(paths: readonly string[]): Promise<string[]> {
    const output = join(folder, 'scrapy.jl')
    rmSync(output, { force: true })
    const spider = join(import.meta.dirname, 'support', 'real_sites_spider.py')
    const args = [
      'runspider',
      spider,
      '-a',
      `start=${site}`,
      '-a',
      `paths=${paths.join(',')}`,
      '-a',
      `deny=${DENIED.join(',')}`,
      '-o',
      output,
    ]
    // a folder of its own: Scrapy looks for a project around it
    await promisify(execFile)('/usr/bin/scrapy', args, { cwd: folder, env: { PATH: '/usr/bin:/bin' } })
    const lines = readFileSync(output, 'utf8').trim().split('\n')
    return pages(lines.map((line) => (JSON.parse(line) as { url: string }).url))
  }
})

/** Which of several links to a page was the first differs with the order of the crawl; the page does not. */
function pages(urls: readonly string[]): string[] {
  return [...new Set(urls.map((url) => url.replace(/#.*/, '')))].sort()
}

function languages(): string[] {
  return readdirSync(join(SITES, HANDBOOK)).filter((name) => /^[a-z]{2}-[A-Z]{2}$/.test(name))
}

function nginxConfig(folder: string, port: number): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/temp/${name};`)
    .join(' ')
  return `daemon off; worker_processes 1; pid ${folder}/nginx.pid; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off; ${temp} charset utf-8;
  types { text/html html; text/css css; application/javascript js; text/plain txt; image/png png; image/svg+xml svg; }
  default_type application/octet-stream;
  server { listen 127.0.0.1:${port}; root ${SITES}; }
}`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when somebody listens there. */
async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      socket.destroy()
      return
    } catch {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
