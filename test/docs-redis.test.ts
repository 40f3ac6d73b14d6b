import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { NEEDED_COMMANDS } from '../src/redis/check-rights.ts'
import { scrapyAnswers, scrapyNames } from '../src/settings/scrapy-names.ts'

const root = resolve(fileURLToPath(new URL('..', import.meta.url)))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('docs/many-machines.md', () => {
  const page = read('docs/many-machines.md')

  test('has a user with the rights that are looked for at start, and no others', () => {
    const line = /^user crawler (.*)$/m.exec(page)![1]!
    const given = [...line.matchAll(/ \+(\S+)/g)].map(([, name]) => name!)
    expect(line).toContain(' -@all ')
    expect(given.sort()).toEqual([...NEEDED_COMMANDS, 'info', 'select'].sort())
  })

  test('names errors and messages that there are', () => {
    const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => read(join('src', path)))
      .join('\n')
    const rows = page
      .slice(page.indexOf('## At three in the morning'))
      .split('\n')
      .filter((line) => /^\| [`A-Z…]/.test(line) && !line.startsWith('| what'))
      .map((line) => line.split('|')[1]!)
    expect(rows.length).toBeGreaterThan(12)
    const shown = rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span!))
    // what a message is filled with is left out on the page
    const words = shown
      .flatMap((span) => span.split(/…|allkeys-lru|OOM|MISCONF|skein [a-z]+/))
      .map((part) => part.replace(/^[ .:;]+|[ .:;]+$/g, ''))
    const missing = words.filter((part) => part !== '' && !source.includes(part))
    expect(missing).toEqual([])
  })
})

describe('docs/how-it-works.md', () => {
  test('has every key that a script uses', () => {
    const folder = join(root, 'src/frontier/redis/lua')
    const used = new Set<string>()
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.lua'))) {
      for (const [, name = ''] of readFileSync(join(folder, file), 'utf8').matchAll(/\bP \.\. '([a-z_:]+)'/g)) used.add(name)
    }
    expect(used.size).toBeGreaterThan(15)
    const table = read('docs/how-it-works.md')
    const documented = [...table.matchAll(/`\{name\}:([^`]+)`/g)].map(([, key]) => key!.replace(/<.*$/, ''))
    expect([...used].filter((key) => !documented.includes(key))).toEqual([])
  })
})

describe('docs/from-scrapy-redis.md', () => {
  const rows = read('docs/from-scrapy-redis.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))

  /** All that scrapy-redis 0.9 reads, but for those of its spiders' attributes. */
  const settings = [
    ...['SCHEDULER', 'DUPEFILTER_CLASS', 'SCHEDULER_DUPEFILTER_CLASS', 'DUPEFILTER_DEBUG', 'STATS_CLASS', 'STATS_KEY'],
    ...['PERSIST', 'FLUSH_ON_START', 'IDLE_BEFORE_CLOSE', 'QUEUE_KEY', 'QUEUE_CLASS', 'DUPEFILTER_KEY', 'SERIALIZER'].map(
      (end) => `SCHEDULER_${end}`,
    ),
    ...['URL', 'HOST', 'PORT', 'DB', 'ENCODING', 'DECODE_RESPONSES', 'PARAMS', 'ITEMS_KEY', 'ITEMS_SERIALIZER'].map(
      (end) => `REDIS_${end}`,
    ),
    ...['KEY', 'AS_SET', 'AS_ZSET', 'BATCH_SIZE'].map((end) => `REDIS_START_URLS_${end}`),
    ...['REDIS_KEY_CHECK_INTERVAL', 'MAX_IDLE_TIME_BEFORE_CLOSE'],
  ]

  test.each(settings)('says what became of %s', (name) => {
    const row = rows.find(([, theirs]) => theirs!.includes(`\`${name}\``))
    expect(row).toBeDefined()
    const ours = scrapyNames[name]
    if (ours === undefined) expect(scrapyAnswers[name]).toBeDefined()
    else expect(row![2]).toBe(`\`${ours}\``)
  })
})

test('the two READMEs have the same programs', () => {
  const programs = (page: string): string[] => [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text]) => text!)
  expect(programs(read('README.zh.md'))).toEqual(programs(read('README.md')))
  expect(programs(read('README.md')).length).toBeGreaterThan(1)
})
