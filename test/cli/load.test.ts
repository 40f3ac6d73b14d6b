import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Folder, type Site, serve } from '../support/cli.ts'

let folder: Folder
let site: Site
beforeEach(async () => {
  folder = new Folder()
  site = await serve((_request, response) => void response.end('<title>a page</title>'))
})
afterEach(async () => {
  folder.remove()
  await site[Symbol.asyncDispose]()
})

/** A spider that fetches one page; `parse` is the body of its callback. */
const spider = (name: string, parse: string, head = ''): string =>
  `import { Spider, type HtmlResponse } from 'skein'\n${head}export class ${name} extends Spider {\n  override startUrls = ['${site.url}/'];\n  override *parse(page: HtmlResponse) { ${parse} }\n}\n`

const items = (stdout: string): unknown[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)

describe('what runs', () => {
  test('TypeScript without a build step, with what it imports', async () => {
    folder.write(
      'lib/price.ts',
      'export enum Unit { Euro = "EUR" }\nexport const price = (text: string): object => ({ price: Number(text), unit: Unit.Euro })',
    )
    folder.write('lib/plain.js', 'exports.answer = 42')
    folder.write('lib/data.json', '{"from": "json"}')
    const head =
      "import { price } from './lib/price'\nimport { answer } from './lib/plain.js'\nimport data from './lib/data.json' with { type: 'json' }\n"
    folder.write('a.ts', spider('A', 'yield { ...price("3"), answer, ...data, title: page.css("title::text").get() }', head))
    const { code, stdout, stderr } = await folder.run(['run', 'a.ts', '-o', '-'])
    expect(stderr).not.toContain('ERROR')
    expect(items(stdout)).toEqual([{ price: 3, unit: 'EUR', answer: 42, from: 'json', title: 'a page' }])
    expect(code).toBe(0)
  })

  test.each([['a.js'], ['a.mjs'], ['a.mts']])('%s', async (name) => {
    folder.write(name, spider('A', 'yield { ok: 1 }').replaceAll(/, type HtmlResponse|override |: HtmlResponse/g, ''))
    expect(items((await folder.run(['run', name, '-o', '-'])).stdout)).toEqual([{ ok: 1 }])
  })

  test('import.meta of a file is that of the file, in the spider and in what it imports late', async () => {
    folder.write('lib/late.ts', 'export const where = import.meta.dirname\n')
    folder.write('lib/words.txt', 'two words')
    folder.write(
      'a.ts',
      `import { readFileSync } from 'node:fs'\n${spider('A', '').replace('*parse(page: HtmlResponse) {', 'async *parse(page: HtmlResponse) { yield { words: readFileSync(new URL("./lib/words.txt", import.meta.url), "utf8"), late: (await import("./lib/late.ts")).where, self: import.meta.filename }')}`,
    )
    const { stdout, stderr } = await folder.run(['run', 'a.ts', '-o', '-'])
    expect(stderr).not.toContain('ERROR')
    expect(items(stdout)).toEqual([{ words: 'two words', late: join(folder.path, 'lib'), self: join(folder.path, 'a.ts') }])
  })

  test('packages are found from where the spider is', async () => {
    folder.write('node_modules/units/package.json', '{"name":"units","version":"1.0.0","type":"module","exports":"./index.js"}')
    folder.write('node_modules/units/index.js', 'export const euro = "€"')
    folder.write('deep/a.ts', spider('A', 'yield { euro }', "import { euro } from 'units'\n"))
    expect(items((await folder.run(['run', 'deep/a.ts', '-o', '-'])).stdout)).toEqual([{ euro: '€' }])
    expect(readdirSync(join(folder.path, 'node_modules/.cache/skein'))).toEqual([])
  })

  test('nothing is left beside the spider', async () => {
    folder.write('a.ts', spider('A', ''))
    await folder.run(['run', 'a.ts'])
    expect(readdirSync(folder.path)).toEqual(['a.ts'])
  })

  test('what config and spider both import is one module', async () => {
    folder.write('book.ts', 'export class Book { constructor(readonly title: string) {} }')
    folder.write(
      'skein.config.ts',
      "import { Book } from './book.ts'\nexport default { pipelines: [{ name: 'is-book', process: (item: object) => ({ same: item instanceof Book }) }] }",
    )
    folder.write('spiders/a.ts', spider('A', 'yield new Book("x")', "import { Book } from '../book.ts'\n"))
    expect(items((await folder.run(['crawl', 'a', '-o', '-'])).stdout)).toEqual([{ same: true }])
  })

  test('an error names the line of the spider, in its own file', async () => {
    folder.write(
      'a.ts',
      `${spider('A', 'helper(page)')}\n\ninterface Unused {\n  a: string\n}\nfunction helper(page: HtmlResponse): never {\n  throw new Error('boom')\n}\n`,
    )
    const { stderr } = await folder.run(['run', 'a.ts'])
    expect(stderr).toContain(`${folder.path}/a.ts:12:9`)
    expect(stderr).toContain(`${folder.path}/a.ts:4:`)
    expect(stderr).toContain(`${site.url}/`)
    expect(stderr).toContain('1 failed')
  })
})

describe('which spider', () => {
  test('a class without a name is called after its file, and a name wins over the class', async () => {
    folder.write('skein.config.ts', 'export default {}')
    folder.write('spiders/deep/nameless.ts', "import { Spider } from 'skein'\nexport default class extends Spider {}")
    folder.write(
      'spiders/named.ts',
      "import { Spider } from 'skein'\nexport class Other extends Spider { static override spiderName = 'mine' }",
    )
    folder.write('spiders/HackerNews.ts', "import { Spider } from 'skein'\nexport class HackerNews extends Spider {}")
    expect((await folder.run(['list'])).stdout).toBe('hacker-news\nmine\nnameless\n')
  })

  test('a class passed on by another file is one spider; tests, declarations and _files are not looked at', async () => {
    folder.write('skein.config.ts', 'export default {}')
    folder.write('spiders/_base.ts', "import { Spider } from 'skein'\nexport class Base extends Spider {}")
    folder.write('spiders/a.ts', "import { Base } from './_base.ts'\nexport class A extends Base {}\nexport default A")
    folder.write('spiders/index.ts', "export { A } from './a.ts'")
    folder.write('spiders/a.test.ts', 'throw new Error()')
    folder.write('spiders/a.d.ts', 'syntax error')
    folder.write('spiders/_lib/x.ts', 'throw new Error()')
    expect(await folder.run(['list'])).toEqual({ code: 0, stdout: 'a\n', stderr: '' })
  })

  test('an unknown one is answered with those there are', async () => {
    folder.write('skein.config.ts', 'export default {}')
    folder.write('spiders/quotes.ts', spider('Quotes', ''))
    folder.write('spiders/forgot.ts', spider('Forgot', '').replace('export ', ''))
    const { code, stderr } = await folder.run(['crawl', 'qoutes'])
    expect(code).toBe(2)
    expect(stderr).toContain('There is no spider "qoutes": did you mean quotes? There are: quotes.')
    expect(stderr).toContain('spiders/forgot.ts exports no class that extends Spider.')
    expect(site.asked).toEqual([])
  })

  test('two of one name: both files are named, and the others still run', async () => {
    folder.write('skein.config.ts', 'export default {}')
    folder.write('spiders/a.ts', spider('Same', ''))
    folder.write('spiders/b.ts', spider('Same', ''))
    folder.write('spiders/c.ts', spider('Fine', 'yield { ok: 1 }'))
    for (const args of [['list'], ['crawl', 'same']]) {
      expect(await folder.run(args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('in spiders/a.ts and in spiders/b.ts'),
      })
    }
    expect(items((await folder.run(['crawl', 'fine', '-o', '-'])).stdout)).toEqual([{ ok: 1 }])
  })

  test('two in one file: by name', async () => {
    folder.write('two.ts', spider('One', 'yield { one: 1 }') + spider('Two', 'yield { two: 2 }').replace(/^.*\n/, ''))
    expect(await folder.run(['run', 'two.ts'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--spider: one, two.') })
    expect(items((await folder.run(['run', 'two.ts', '--spider', 'two', '-o', '-'])).stdout)).toEqual([{ two: 2 }])
    expect(await folder.run(['run', 'two.ts', '--spider', 'twoo'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean two?'),
    })
  })

  test('startUrls without parse are refused before the first is fetched; parse may be a field', async () => {
    const head = `import { Spider } from 'skein'\nexport class A extends Spider { startUrls = ['${site.url}/']`
    folder.write('a.mjs', `${head} }`)
    expect(await folder.run(['run', 'a.mjs'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no parse method') })
    expect(site.asked).toEqual([])
    folder.write('a.mjs', `${head}\n parse = () => ({ ok: 1 }) }`)
    expect(items((await folder.run(['run', 'a.mjs', '-o', '-'])).stdout)).toEqual([{ ok: 1 }])
  })
})

describe('files that cannot be loaded', () => {
  test.each([
    [
      'does not parse',
      "import { Spider } from 'skein'\nexport class A extends Spider {\n\tparse( {\n}\n",
      'a.ts:5:1: Expected ")" but found end of file',
    ],
    [
      'does not parse after ä',
      'const ä = "ü"; let x y\n',
      'a.ts:1:22: Expected ";" but found "y"\n  1 | const ä = "ü"; let x y\n    |                      ^',
    ],
    ['imports a file that is not there', "import './nowhere.ts'\n", 'a.ts:1:8: Could not resolve "./nowhere.ts"'],
    [
      'imports a package that is not there',
      "import 'nowhere-to-be-found/deep'\n",
      'a.ts imports the package nowhere-to-be-found, which is not installed: npm install nowhere-to-be-found',
    ],
    [
      'imports what skein has not',
      "import { Spidr } from 'skein'\nexport class A extends Spidr {}\n",
      "a.ts imports Spidr from 'skein', which has no such export: did you mean Spider?",
    ],
    [
      'throws',
      'const nothing: any = null\nnothing.at(0)\n',
      "a.ts failed while it was loaded: TypeError: Cannot read properties of null (reading 'at')",
    ],
    [
      'throws what is no error',
      "throw 'just text'\n",
      'a.ts failed while it was loaded: a value that is no Error was thrown: just text',
    ],
    ['exports no spider', 'export const a = 1\n', 'a.ts exports no spider'],
    ['is empty', '', 'a.ts exports no spider'],
  ])('one that %s', async (_what, text, says) => {
    folder.write('a.ts', text)
    const { code, stdout, stderr } = await folder.run(['run', 'a.ts'])
    expect(stderr).toContain(says)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    // no frame of ours: it is no mistake of ours
    expect(stderr).not.toMatch(/load-project|commander|node:internal/)
    expect(readdirSync(folder.path)).toEqual(['a.ts'])
  })

  test.each([['nowhere.ts'], ['.'], ['data.json']])('%s is no spider', async (name) => {
    folder.write('data.json', '{}')
    expect(await folder.run(['run', name])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(name) })
  })

  test('one of several does not keep the others from running', async () => {
    folder.write('skein.config.ts', 'export default {}')
    folder.write('spiders/broken.ts', 'export class {')
    folder.write('spiders/fine.ts', spider('Fine', 'yield { ok: 1 }'))
    expect(await folder.run(['list'])).toMatchObject({
      code: 2,
      stdout: 'fine\n',
      stderr: expect.stringContaining('spiders/broken.ts:1:14'),
    })
    const { code, stdout, stderr } = await folder.run(['crawl', 'fine', '-o', '-'])
    expect(items(stdout)).toEqual([{ ok: 1 }])
    expect(stderr).toContain('spiders/broken.ts:1:14')
    expect(code).toBe(0)
    expect(await folder.run(['crawl', 'broken'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('spiders/broken.ts:1:14'),
    })
  })
})
