import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import ts from 'typescript'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { runProgram } from '../src/cli/program.ts'
import { projectFiles } from '../src/cli/project-files.ts'
import { presets } from '../src/settings/presets.ts'
import { scrapyNames } from '../src/settings/scrapy-names.ts'
import { defaultSettings } from '../src/settings/settings.ts'
import { VERSION } from '../src/version.ts'

const root = resolve(fileURLToPath(new URL('..', import.meta.url)))
const pages = new Map(
  [
    'README.md',
    'README.zh.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
    ...readdirSync(join(root, 'examples')).flatMap((name) => [`examples/${name}/README.md`, `examples/${name}/README.zh.md`]),
  ].map((name) => [name, readFileSync(join(root, name), 'utf8')]),
)

interface Block {
  readonly language: string
  readonly text: string
  readonly line: number
}

const FENCE = /^```(.*)\n([\s\S]*?)^```$/gm

function blocksOf(page: string): Block[] {
  return [...page.matchAll(FENCE)].map(({ 1: language = '', 2: text = '', index }) => ({
    language: language.trim(),
    text,
    line: page.slice(0, index).split('\n').length + 1,
  }))
}

const withoutBlocks = (page: string): string => page.replace(FENCE, '')

describe('links', () => {
  /** The anchors that GitHub gives to headings. */
  function anchorsOf(page: string): Set<string> {
    const anchors = new Set<string>()
    for (const [, heading = ''] of withoutBlocks(page).matchAll(/^#+ +(.*)$/gm)) {
      const slug = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-')
      let anchor = slug
      for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`
      anchors.add(anchor)
    }
    return anchors
  }

  test.each([...pages.keys()])('%s', (name) => {
    const text = withoutBlocks(pages.get(name)!).replace(/`[^`]*`/g, '')
    const broken: string[] = []
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? join(root, name) : resolve(root, dirname(name), path)
      const known = existsSync(file)
      if (!known || (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).has(decodeURIComponent(anchor))))
        broken.push(target)
    }
    expect(broken).toEqual([])
  })
})

describe('docs/settings.md', () => {
  /** The rows of all tables whose head begins with `setting`. */
  function rowsOf(columns: readonly string[]): string[][] {
    const rows: string[][] = []
    let inTable = false
    for (const line of pages.get('docs/settings.md')!.split('\n')) {
      const cells = line.startsWith('|') ? line.slice(1, -1).split('|') : undefined
      const row = cells?.map((cell) => cell.trim())
      if (row === undefined) inTable = false
      else if (row.join() === columns.join()) inTable = true
      else if (inTable && row[0]?.startsWith('`')) rows.push(row)
    }
    return rows
  }
  const code = (cell: string): string | undefined => /^`(.*)`$/.exec(cell)?.[1]
  /** The value that a cell writes as JavaScript; a copy by way of JSON, so that it is of this realm. */
  const value = (cell: string): unknown =>
    JSON.parse(JSON.stringify(runInNewContext(`(${code(cell)?.replace('<version>', VERSION)})`)))
  const rows = rowsOf(['setting', 'meaning', 'default', 'in Scrapy'])

  test('has every setting and no other, with its default', () => {
    const documented = Object.fromEntries(rows.map(([name = '', , cell = '']) => [code(name), value(cell)]))
    expect(documented).toEqual(defaultSettings)
    expect(rows).toHaveLength(Object.keys(defaultSettings).length)
  })

  test('has the names in Scrapy', () => {
    const documented = rows.flatMap(([name = '', , , theirs = '']) => (theirs === '' ? [] : [[code(theirs), code(name)]]))
    const real = Object.entries(scrapyNames).filter(([, ours]) => Object.hasOwn(defaultSettings, ours))
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(real))
  })

  test('has the presets', () => {
    const table = rowsOf(['setting', '`polite`', '`fast`', '`broad`', '`scrapy`'])
    const column = (at: number): object => Object.fromEntries(table.map((row) => [code(row[0]!), value(row[at]!)]))
    for (const [i, preset] of (['polite', 'fast', 'broad', 'scrapy'] as const).entries()) {
      expect(column(i + 1)).toEqual(presets[preset])
    }
  })
})

describe('the command', () => {
  async function help(...args: string[]): Promise<string> {
    let text = ''
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      text += String(chunk)
      return true
    })
    try {
      expect(await runProgram(args)).toBe(0)
    } finally {
      write.mockRestore()
    }
    return text
  }
  /** Options at the beginning of a line of help. */
  const optionsIn = (text: string): string[] =>
    [...text.matchAll(/^ +(-\w|--[\w-]+)(?:, (--[\w-]+))?/gm)].flatMap(([, a, b]) => [a, b]).filter((o) => o !== undefined)

  /** Options of a verb, and of the verbs below it. */
  async function optionsOf(...verb: string[]): Promise<string[]> {
    const text = await help(...verb, '--help')
    const below = /^Commands:\n((?: .*\n?)*)/m.exec(text)?.[1] ?? ''
    const names = [...below.matchAll(/^ {2}([a-z]+)(?= )/gm)].map(([, name]) => name!).filter((name) => name !== 'help')
    const nested: string[] = []
    for (const name of names) nested.push(...(await optionsOf(...verb, name)))
    return [...optionsIn(text), ...nested]
  }

  test('has every verb and every option that the pages name', async () => {
    const general = await help('--help')
    const verbs = [...general.matchAll(/^ {2}([a-z]+)(?= |$)/gm)].map(([, verb]) => verb!)
    expect(verbs).toEqual([
      ...['init', 'gen', 'list', 'crawl', 'run', 'settings'],
      ...['push', 'status', 'hosts', 'dead', 'pause', 'resume', 'drain', 'stop', 'purge', 'import'],
      ...['version', 'help'],
    ])
    const options = new Map<string, string[]>()
    for (const verb of verbs) options.set(verb, verb === 'help' ? [] : await optionsOf(verb))
    const all = new Set([...optionsIn(general), ...[...options.values()].flat()])

    const wrong: string[] = []
    let uses = 0
    for (const [name, page] of pages) {
      const shell = blocksOf(page).filter(({ language }) => language === '' || language === 'sh')
      const spans = [...withoutBlocks(page).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!)
      for (const line of [...shell.flatMap(({ text }) => text.split('\n')), ...spans]) {
        const call = /^(?:\$ )?(?:npx )?skein ([a-z]+)(?= |$)(.*)/.exec(line.trim())
        if (call !== null) {
          uses++
          const [, verb = '', rest = ''] = call
          if (!verbs.includes(verb)) wrong.push(`${name}: ${line}`)
          for (const [, option = ''] of rest.matchAll(/(?<= )(--?[a-zA-Z][\w-]*)/g))
            if (!options.get(verb)?.includes(option)) wrong.push(`${name}: ${line}`)
        }
        // a span that is an option alone
        const bare = /^(--?[a-zA-Z][\w-]*)(?= |$)/.exec(line)?.[1]
        if (bare !== undefined && spans.includes(line) && !all.has(bare) && !FOREIGN.has(bare)) wrong.push(`${name}: ${line}`)
      }
    }
    expect(wrong).toEqual([])
    expect(uses).toBeGreaterThan(20)
  })

  /** Options of Scrapy, where a page says what they are called here. */
  const FOREIGN = new Set(['--loglevel', '--logfile'])
})

describe('TypeScript in the pages', () => {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, 'node_modules/.cache/skein-docs-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Written where its first line says (`// spiders/books.ts`), in a folder for each page. */
  function writeBlocks(): Map<string, { page: string; line: number }> {
    const files = new Map<string, { page: string; line: number }>()
    for (const [page, text] of pages) {
      for (const { language, text: source, line } of blocksOf(text)) {
        if (language !== 'ts') continue
        const path = /^\/\/ ([\w./-]+\.ts)\n/.exec(source)?.[1] ?? `block-${line}.ts`
        const file = join(folder, page.replace(/\W/g, '-'), path)
        if (files.has(file)) throw new Error(`${page}:${line}: there is a block for ${path} already`)
        mkdirSync(dirname(file), { recursive: true })
        // no block shares its names with another
        writeFileSync(file, /^(im|ex)port /m.test(source) ? source : `${source}export {}\n`)
        files.set(file, { page, line })
      }
    }
    return files
  }

  /** With the very tsconfig that a new project gets. */
  function optionsOfNewProject(): ts.CompilerOptions {
    const { config, error } = ts.parseConfigFileTextToJson('tsconfig.json', projectFiles('docs')['tsconfig.json']!)
    expect(error).toBeUndefined()
    const { options, errors } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
    expect(errors).toEqual([])
    return { ...options, paths: { skein: [join(root, 'src/index.ts')], 'skein/testing': [join(root, 'src/testing/index.ts')] } }
  }

  test('compiles, as it would in a new project', { timeout: 120_000 }, () => {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    const files = writeBlocks()
    expect(files.size).toBeGreaterThan(15)
    const program = ts.createProgram([...files.keys()], optionsOfNewProject())
    const problems = [...files].flatMap(([file, { page, line }]) => {
      const source = program.getSourceFile(file)!
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) => {
        const at = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line
        return `${page}:${line + at} ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`
      })
    })
    expect(problems).toEqual([])
  })

  test('is left out in few places only', () => {
    const blocks = [...pages.values()].flatMap(blocksOf)
    const languages = new Set(blocks.map(({ language }) => language))
    expect([...languages].sort()).toEqual(['', 'ts', 'ts fragment'])
    expect(blocks.filter(({ language }) => language === 'ts fragment').length).toBeLessThanOrEqual(2)
  })
})
