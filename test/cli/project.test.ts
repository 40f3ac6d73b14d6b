import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { VERSION } from '../../src/version.ts'
import { Folder } from '../support/cli.ts'

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

describe('the command line', () => {
  test.each([['version'], ['--version'], ['-V']])('%s', async (word) => {
    expect(await folder.run([word])).toEqual({ code: 0, stdout: `skein ${VERSION}\n`, stderr: '' })
  })

  test('a misspelt verb or option is answered with the nearest', async () => {
    expect(await folder.run(['crawll'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean crawl?'),
    })
    expect(await folder.run(['crawl', 'x', '--outptu', 'y'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean --output?'),
    })
    expect(await folder.run(['run'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'file'"),
    })
  })

  test('help is no mistake', async () => {
    const { code, stdout } = await folder.run(['--help'])
    expect(code).toBe(0)
    for (const verb of ['init', 'gen', 'list', 'crawl', 'run', 'settings', 'push', 'status', 'purge', 'version'])
      expect(stdout).toContain(`  ${verb}`)
  })

  test('without a project, it says how to get one', async () => {
    for (const verb of [['list'], ['crawl', 'quotes']]) {
      expect(await folder.run(verb)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('`skein init` makes a project'),
      })
    }
  })
})

describe('init and gen', () => {
  test('a new project has a spider, and passes its own type check', async () => {
    expect(await folder.run(['init', 'my Spiders'])).toMatchObject({ code: 0, stderr: '' })
    const project = folder.in('my Spiders')
    expect(JSON.parse(folder.read('my Spiders/package.json'))).toMatchObject({ name: 'my-spiders', type: 'module' })

    expect(await project.run(['gen', 'date', 'https://www.example.com/it%27s'])).toMatchObject({ code: 0, stderr: '' })
    expect(await project.run(['gen', 'spider', 'localhost'])).toMatchObject({ code: 0 })
    expect(await project.run(['list'])).toEqual({ code: 0, stdout: 'date\nquotes\nspider\n', stderr: '' })

    const root = resolve(import.meta.dirname, '../..')
    mkdirSync(join(project.path, 'node_modules/@types'), { recursive: true })
    symlinkSync(root, join(project.path, 'node_modules/skein'))
    symlinkSync(join(root, 'node_modules/@types/node'), join(project.path, 'node_modules/@types/node'))
    expect(execFileSync(join(root, 'node_modules/.bin/tsc'), { cwd: project.path, encoding: 'utf8' })).toBe('')
  }, 60_000)

  test('init writes nothing where one of its files is there', async () => {
    folder.write('README.md', 'mine')
    expect(await folder.run(['init'])).toMatchObject({ code: 2, stderr: expect.stringContaining('README.md') })
    expect(folder.read('README.md')).toBe('mine')
    expect(() => folder.read('package.json')).toThrow()
  })

  test('gen replaces a file only when told to', async () => {
    expect(await folder.run(['gen', 'a', 'example.com'])).toMatchObject({ code: 0, stdout: expect.stringContaining('run a.ts') })
    expect(await folder.run(['gen', 'a', 'example.org'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a.ts is there already'),
    })
    expect(folder.read('a.ts')).toContain('example.com')
    expect(await folder.run(['gen', 'a', 'example.org', '--force'])).toMatchObject({ code: 0 })
    expect(folder.read('a.ts')).toContain('example.org')
  })

  test.each([
    ['../a', 'example.com'],
    ['1a', 'example.com'],
    ['', 'example.com'],
    ['a', 'nodots'],
    ['a', 'ftp://example.com'],
    ['a', 'http://'],
  ])('gen refuses %j %j', async (name, site) => {
    expect(await folder.run(['gen', name, site])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^skein: Expected a (name|domain)/),
    })
  })
})

describe('settings', () => {
  beforeEach(() => {
    folder.write(
      'skein.config.ts',
      "import { defineConfig } from 'skein'\nexport default defineConfig({ delay: 1, concurrency: 2, maxRetries: 3, retry: false })",
    )
    folder.write(
      'spiders/a.ts',
      "import { Spider } from 'skein'\nexport class A extends Spider { static override settings = { concurrency: 4, maxRetries: 5, retry: false } }",
    )
  })

  test('defaults, project, spider, environment and command line, each over the one before', async () => {
    const { code, stdout } = await folder.run(['settings', '--spider', 'a', '-s', 'retry=true'], { SKEIN_MAX_RETRIES: '7' })
    expect(code).toBe(0)
    const rows = stdout.split('\n').map((line) => line.split('\t'))
    expect(rows).toContainEqual(['depthLimit', '0', 'default'])
    expect(rows).toContainEqual(['delay', '1', 'skein.config.ts'])
    expect(rows).toContainEqual(['concurrency', '4', 'the spider a'])
    expect(rows).toContainEqual(['maxRetries', '7', 'the environment'])
    expect(rows).toContainEqual(['retry', 'true', 'the command line'])
  })

  test('one of them is JSON', async () => {
    expect(await folder.run(['settings', 'slots', '-s', 'slots={"a":{"delay":1}}'])).toEqual({
      code: 0,
      stdout: '{"a":{"delay":1}}\n',
      stderr: '',
    })
  })

  test('a config found in a folder above counts', async () => {
    folder.write('deep/er/x', '')
    expect((await folder.in('deep/er').run(['settings', 'delay'])).stdout).toBe('1\n')
  })

  test('all that is wrong is said at once, from every place', async () => {
    folder.write('skein.config.ts', 'export default { concurency: 1 }')
    const { code, stderr } = await folder.run(['settings', '-s', 'DOWNLOAD_DELAY=1'], { SKEIN_RETRY: 'perhaps' })
    expect(code).toBe(2)
    expect(stderr).toContain('3 settings are wrong')
    expect(stderr).toContain('(from skein.config.ts): did you mean `concurrency`?')
    expect(stderr).toContain("got 'perhaps' (from the environment)")
    expect(stderr).toContain('`DOWNLOAD_DELAY` (from the command line) is the name in Scrapy: here it is `delay`.')
  })

  test.each([
    ['export const config = {}', 'no default export'],
    ['export default 5', 'no default export'],
    ['throw new Error("broken on purpose")', 'broken on purpose'],
    ['export default {', 'skein.config.ts:1:'],
  ])('a config that is %j', async (text, says) => {
    folder.write('skein.config.ts', text)
    expect(await folder.run(['settings'])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says) })
  })
})
