import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { downloadBench, failure } from '../../../test/support/download.ts'
import { HtmlResponse } from '../../http/html-response.ts'
import { JsonResponse } from '../../http/json-response.ts'
import { Request, type RequestInit } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import { TextResponse } from '../../http/text-response.ts'
import { XmlResponse } from '../../http/xml-response.ts'
import type { Settings } from '../../settings/settings.ts'
import { createDownloader } from '../downloader.ts'

let folder: string
const path = (name: string): string => join(folder, name)
const urlOf = (name: string): string => pathToFileURL(path(name)).href

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-local-'))
  symlinkSync('circle', path('circle'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Through the whole default chain, retries included: nothing local is tried twice. */
async function get(url: string, init: RequestInit = {}, settings: Partial<Settings> = {}): Promise<Response> {
  const { context } = downloadBench({ ...settings, retryDelay: 0 })
  const downloader = createDownloader(context)
  try {
    const result = await downloader.download(new Request(url, init))
    if (!(result instanceof Response)) throw new Error(`expected a response, got ${result}`)
    return result
  } finally {
    await downloader.close()
  }
}

describe('file:', () => {
  it('is read whole, and is what its name says', async () => {
    const names = { 'a.html': HtmlResponse, 'a.json': JsonResponse, 'a.xml': XmlResponse, 'a.txt': TextResponse } as const
    for (const [name, Class] of Object.entries(names)) {
      writeFileSync(path(name), 'text')
      const page = await get(urlOf(name))
      expect(page).toBeInstanceOf(Class)
      expect([page.constructor, page.status, page.url, page.body.toString()]).toEqual([Class, 200, urlOf(name), 'text'])
    }
  })

  it('names in any script, with blanks and the marks of URLs; a query and a fragment are no part of them', async () => {
    const name = 'ä ö%41 ?#&.html'
    writeFileSync(path(name), '<p>x')
    expect(await get(urlOf(name))).toBeInstanceOf(HtmlResponse)
    const plain = await get(`${urlOf('a.html')}?a=1.json#b.xml`)
    expect(plain).toBeInstanceOf(HtmlResponse)
    expect(plain.url.endsWith('?a=1.json#b.xml')).toBe(true)
    expect((await get(urlOf('a.html').replace('a.html', '%61%2Ehtml'))).constructor).toBe(HtmlResponse)
  })

  it('of this machine, by each of its names', async () => {
    for (const start of ['file:', 'file://', 'file://localhost', 'FILE://LocalHost']) {
      expect((await get(start + path('a.txt'))).body.toString()).toBe('text')
    }
  })

  it('without a name that tells, by what it begins with; empty; large', async () => {
    writeFileSync(path('page'), '<!doctype html><p>')
    writeFileSync(path('bytes'), Buffer.from([1, 2, 3]))
    writeFileSync(path('empty.html'), '')
    const large = Buffer.alloc(300_000, 'abc')
    writeFileSync(path('large.txt'), large)
    expect(await get(urlOf('page'))).toBeInstanceOf(HtmlResponse)
    expect((await get(urlOf('bytes'))).constructor).toBe(Response)
    expect((await get(urlOf('empty.html'))).body.length).toBe(0)
    expect((await get(urlOf('large.txt'))).body.equals(large)).toBe(true)
  })

  it('a link leads to its file; one that says it is empty is read all the same', async () => {
    symlinkSync(path('a.txt'), path('link.txt'))
    expect((await get(urlOf('link.txt'))).body.toString()).toBe('text')
    expect((await get('file:///proc/self/status')).body.toString()).toContain('Pid:')
  })

  it.each([
    ['a file that is not there', () => urlOf('missing.html'), 'there is no such file'],
    ['a file below a file', () => urlOf('a.txt/b'), 'there is no such file'],
    ['a directory', () => pathToFileURL(folder).href, 'it is a directory; expected a regular file'],
    ['a device', () => 'file:///dev/zero', 'it is a device; expected a regular file'],
    ['a link in a circle', () => urlOf('circle'), 'links lead in a circle'],
    ['a name that is too long', () => urlOf('x'.repeat(300)), 'its name is too long'],
    ['another host', () => 'file://server/share/a.txt', 'expected file:///path or file://localhost/path'],
    ['a slash in disguise', () => `${pathToFileURL(folder).href}%2Fa.txt`, 'expected file:///path'],
    ['a name that is no UTF-8', () => `${pathToFileURL(folder).href}/%ff`, 'expected file:///path'],
    ['a name with NUL', () => `${urlOf('a.txt')}%00`, 'it could not be read'],
  ])('%s: ERR_FILE', async (_, url, why) => {
    const error = await failure(get(url()))
    expect(error.code).toBe('ERR_FILE')
    expect(error.message).toContain(why)
    expect(error.message).toContain('file://')
  })

  it('a FIFO and a socket are not waited for', async () => {
    execFileSync('mkfifo', [path('fifo')])
    expect((await failure(get(urlOf('fifo')))).message).toContain('it is a FIFO')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path('socket'), resolve))
    expect((await failure(get(urlOf('socket')))).message).toContain('it is a socket')
    await new Promise((resolve) => server.close(resolve))
  })

  it('what this user may not read', async () => {
    writeFileSync(path('secret'), 'x')
    chmodSync(path('secret'), 0)
    const result = await get(urlOf('secret')).catch((error: Error) => error)
    // root may read all
    if (process.getuid?.() === 0) expect(result).toBeInstanceOf(Response)
    else expect(result).toMatchObject({ code: 'ERR_FILE', message: expect.stringContaining('may not be read by this user') })
  })

  it('the limits of bodies hold, by size and by what comes', async () => {
    writeFileSync(path('ten.txt'), '0123456789')
    expect((await get(urlOf('ten.txt'), {}, { maxResponseSize: 10 })).body.length).toBe(10)
    expect((await failure(get(urlOf('ten.txt'), {}, { maxResponseSize: 9 }))).code).toBe('ERR_TOO_LARGE')
    expect((await get(urlOf('ten.txt'), { maxSize: 0 }, { maxResponseSize: 9 })).body.length).toBe(10)
    expect((await failure(get(urlOf('ten.txt'), { maxSize: 9 }))).code).toBe('ERR_TOO_LARGE')
    // its size is 0
    expect((await failure(get('file:///proc/self/status', { maxSize: 50 }))).code).toBe('ERR_TOO_LARGE')
  })
})

describe('data:', () => {
  it.each([
    ['data:,a%20b', TextResponse, 'text/plain;charset=US-ASCII', 'a b'],
    ['data:text/html,<p>x</p>', HtmlResponse, 'text/html', '<p>x</p>'],
    ['data:text/html;charset=utf-8,%C3%A9', HtmlResponse, 'text/html;charset=utf-8', 'é'],
    ['data:;charset=iso-8859-1,%E9', TextResponse, 'text/plain;charset=iso-8859-1', 'é'],
    ['data:text/html;charset="iso-8859-1",%E9', HtmlResponse, 'text/html;charset="iso-8859-1"', 'é'],
    ['data:application/json;base64,eyJhIjoxfQ==', JsonResponse, 'application/json', '{"a":1}'],
    ['data:text/xml;charset=utf-8;base64,PGE+w6k8L2E+', XmlResponse, 'text/xml;charset=utf-8', '<a>é</a>'],
    ['data:;base64,YQ', TextResponse, 'text/plain;charset=US-ASCII', 'a'],
    ['data:;BASE64,%59%51%3D%3D', TextResponse, 'text/plain;charset=US-ASCII', 'a'],
    ['data:text/plain;base64,Y%20Q%0A==', TextResponse, 'text/plain', 'a'],
    ['data:,a,b;base64,c', TextResponse, 'text/plain;charset=US-ASCII', 'a,b;base64,c'],
    ['data:,100%,%4,%zz%41', TextResponse, 'text/plain;charset=US-ASCII', '100%,%4,%zzA'],
    ['data:,a#b', TextResponse, 'text/plain;charset=US-ASCII', 'a'],
    ['data:,a%23b', TextResponse, 'text/plain;charset=US-ASCII', 'a#b'],
    ['data:,', TextResponse, 'text/plain;charset=US-ASCII', ''],
    ['DATA:Text/HTML,x', HtmlResponse, 'Text/HTML', 'x'],
    ['data:nonsense,x', TextResponse, 'text/plain;charset=US-ASCII', 'x'],
    ['data:text/html%0D%0AX:1,x', TextResponse, 'text/plain;charset=US-ASCII', 'x'],
  ])('%s', async (url, Class, type, text) => {
    const page = (await get(url)) as TextResponse
    expect([page.constructor, page.status, page.headers.get('content-type'), page.text]).toEqual([Class, 200, type, text])
  })

  it('bytes are bytes', async () => {
    const page = await get('data:image/gif;base64,R0lGODlhAQAB')
    expect([page.constructor, page.body.toString('hex')]).toEqual([Response, '474946383961010001'])
  })

  it.each([
    ['data:text/html', 'no comma'],
    ['data:a#,b', 'no comma'],
    ['data:;base64,Y', 'no base64'],
    ['data:;base64,Y!Q=', 'no base64'],
    ['data:;base64,YQ=', 'no base64'],
    ['data:;base64,YQ===', 'no base64'],
    ['data:;base64,Y_Q-', 'no base64'],
  ])('%s: ERR_DECODE', async (url, why) => {
    const error = await failure(get(url))
    expect([error.code, error.message.includes(why)]).toEqual(['ERR_DECODE', true])
  })

  it('the limits of bodies hold; messages stay short', async () => {
    const url = `data:,${'x'.repeat(1 << 20)}`
    const error = await failure(get(url, { maxSize: 1000 }))
    expect(error.code).toBe('ERR_TOO_LARGE')
    expect(error.message.length).toBeLessThan(300)
    expect((await get(url)).body.length).toBe(1 << 20)
  })
})
