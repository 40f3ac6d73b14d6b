import { execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { type FakeSite, fakeSite } from '../src/testing/index.ts'
import { Folder } from './support/cli.ts'

// The examples as they stand, in a copy: what they write is not to lie about in the checkout. Below node_modules they find their packages.
const root = resolve(import.meta.dirname, '..')
mkdirSync(join(root, 'node_modules/.cache'), { recursive: true })
const copies = mkdtempSync(join(root, 'node_modules/.cache/skein-examples-'))
afterAll(() => rmSync(copies, { recursive: true, force: true }))

function exampleFolder(name: string): Folder {
  cpSync(join(root, 'examples', name), join(copies, name), { recursive: true })
  return new Folder({}, join(copies, name))
}

/** The sites are programs for users: they import what is built, as users do. */
const siteOf = (name: string): Promise<Record<string, (options: object) => Promise<FakeSite>>> =>
  import(join(root, 'examples', name, 'site.mjs'))

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('books: every book of the shop, with a cover that is an image and its thumbnail', { timeout: 120_000 }, async () => {
  const { openBookshop } = await siteOf('books')
  await using site = await openBookshop!({ latency: 0 })
  const folder = exampleFolder('books')
  const { code, stderr } = await folder.run(['crawl', 'books', '-a', `site=${site.url}/`, '-s', 'retryDelay=0.01'])
  expect(code, stderr).toBe(0)
  const books = linesOf(folder.read('books.jsonl'))
  expect(new Set(books.map(({ url }) => url)).size).toBe(1000)
  expect(books).toHaveLength(1000)
  for (const { images } of books) {
    const [{ path = '' } = {}] = images as { path?: string }[]
    expect(readFileSync(join(folder.path, 'covers', path)).subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
    expect(existsSync(join(folder.path, 'covers', path.replace('full/', 'thumbs/small/')))).toBe(true)
  }
})

test('docs-search: every section of the documentation, and words are found in it', { timeout: 60_000 }, async () => {
  const { openDocs } = await siteOf('docs-search')
  await using site = await openDocs!({})
  const folder = exampleFolder('docs-search')
  const { code, stderr } = await folder.run(['crawl', 'docs', '-a', `site=${site.url}`])
  expect(code, stderr).toBe(0)
  const sections = linesOf(folder.read('docs.jsonl'))
  const headings = sections.map(({ heading }) => heading)
  expect(headings).toContain('What is not there')
  expect(new Set(sections.map(({ url }) => url)).size).toBe(sections.length)
  const { stdout } = await promisify(execFile)(process.execPath, ['search.mjs', 'invariant', 'lease'], { cwd: folder.path })
  expect(stdout).toMatch(/› .+\n {2}http:\/\/127\.0\.0\.1:\d+\/[\w-]+\.html/)
})

test.each(['zhihu', 'books', 'docs-search'])('the site of %s says in one line that its port is taken', async (name) => {
  await using site = await fakeSite({})
  const args = name === 'zhihu' ? ['--port', String(site.port)] : [String(site.port)]
  const program = promisify(execFile)(process.execPath, [join(root, 'examples', name, 'site.mjs'), ...args])
  await expect(program).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/^The fake site cannot listen .*\n$/) })
})

test('the look-alike of Zhihu says what is to be found, and at its end how hard it was asked', { timeout: 30_000 }, async () => {
  const program = spawn(process.execPath, [join(root, 'examples/zhihu/site.mjs'), '--users', '50', '--slow', '0.1'])
  let said = ''
  const open = new Promise<string>((resolve) => {
    program.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const api = /open at (\S+)/.exec(said)?.[1]
      if (said.includes('closes it.') && api !== undefined) resolve(api)
    })
  })
  const ended = new Promise<number | null>((resolve) => program.on('close', resolve))
  const api = await open
  expect(said).toMatch(/users +\d+ can be reached/)
  expect(said).toMatch(/requests +\d+ URLs/)
  expect((await fetch(`${api}/members/user-000000`, { headers: { connection: 'close' } })).status).toBe(401)
  program.kill('SIGINT')
  expect(await ended).toBe(0)
  expect(said).toContain('1 requests for 1 URLs; at most 1 in a second, 1 at once')
})
