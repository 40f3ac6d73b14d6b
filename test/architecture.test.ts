import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const source = resolve(import.meta.dirname, '../src')

/** The ranks of `docs/architecture.md`: a file imports from lower ranks and from its own folder. */
const RANKS: readonly (readonly string[])[] = [
  ['errors.ts', 'version.ts'],
  ['util'],
  ['url'],
  ['settings', 'stats', 'log', 'selector', 'signals/signals.ts'],
  ['http', 'item', 'storage'],
  ['contract.ts'],
  ['spider', 'redis'],
  ['frontier', 'downloader', 'scraper', 'pipeline', 'feed'],
  ['engine'],
  ['extensions'],
  ['crawl', 'operate', 'migrate'],
  ['cli', 'testing'],
  ['index.ts'],
]
const MAX_LINES = 450

interface Import {
  readonly from: string
  readonly to: string
}

const everything = readdirSync(source, { recursive: true, encoding: 'utf8' }).map((file) => file.split(sep).join('/'))
const files = everything.filter((file) => file.endsWith('.ts') && !/\.(test|d)\.ts$/.test(file))
const imports: Import[] = files.flatMap((from) =>
  [
    ...readFileSync(join(source, from), 'utf8').matchAll(
      /(?:^|\n)\s*(?:import|export)[^'"`;]*?from\s*'(\.[^']+)'|import\('(\.[^']+)'\)/g,
    ),
  ].map((match) => ({
    from,
    to: relative(source, resolve(source, dirname(from), (match[1] ?? match[2])!))
      .split(sep)
      .join('/'),
  })),
)

/** The folder that a file belongs to; the parts of `frontier` and the like are siblings that do not know each other. */
const folderOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file)

function rankOf(file: string): number {
  if (file.endsWith('/contract.ts')) return RANKS.findIndex((names) => names.includes('contract.ts'))
  const exact = RANKS.findIndex((names) => names.includes(file))
  return exact >= 0 ? exact : RANKS.findIndex((names) => names.includes(folderOf(file)))
}

describe('architecture', () => {
  it('finds the source', () => {
    expect(files.length).toBeGreaterThan(30)
    expect(imports.length).toBeGreaterThan(100)
    expect(imports.filter(({ to }) => !everything.includes(to))).toEqual([])
  })

  it('gives every file a rank', () => {
    expect(files.filter((file) => rankOf(file) < 0)).toEqual([])
  })

  it('imports from lower ranks, contracts and the own folder only', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (folderOf(from) === folderOf(to) && !(from.endsWith('/contract.ts') && !to.endsWith('/contract.ts'))) return false
      if (from.endsWith('/contract.ts') && to.endsWith('/contract.ts')) return false
      return rankOf(to) >= rankOf(from)
    })
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('has no cycle, imports of types included', () => {
    const edges = new Map<string, string[]>()
    for (const { from, to } of imports) edges.set(from, [...(edges.get(from) ?? []), to])
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
        return
      }
      if (done.has(file)) return
      for (const next of edges.get(file) ?? []) visit(next, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  it(`keeps every file under ${MAX_LINES} lines`, () => {
    const long = files.filter((file) => readFileSync(join(source, file), 'utf8').split('\n').length > MAX_LINES)
    expect(long).toEqual([])
  })

  it('names files in kebab-case', () => {
    const named = [...files, ...everything.filter((file) => file.endsWith('.lua'))]
    expect(named.filter((file) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.(ts|lua)$/.test(file))).toEqual([])
  })
})
