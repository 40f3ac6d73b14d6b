import { expect, test } from 'vitest'
import type { SkeinError } from '../errors.ts'
import { defaultSettings } from '../settings/settings.ts'
import { flattenConfig, resolveConfig } from './config.ts'

const pipeline = (name: string) => ({ name, process: (item: object) => item })

test('no layer: the defaults and empty lists', () => {
  const { settings, origins, ...parts } = resolveConfig([])
  expect(settings).toEqual(defaultSettings)
  expect(origins.delay).toBe('default')
  expect(parts).toEqual({
    feeds: [],
    pipelines: [],
    downloadHandlers: {},
    downloaderMiddlewares: [],
    scraperMiddlewares: [],
    extensions: [],
  })
})

test('the last layer with a list decides it whole, also an empty one', () => {
  const [a, b] = [pipeline('a'), pipeline('b')]
  const project = { name: 'project', config: { pipelines: [a], feeds: [{ uri: 'a.jsonl' }] } }
  expect(resolveConfig([project, { name: 'spider', config: { pipelines: [b] } }])).toMatchObject({
    pipelines: [b],
    feeds: [{ uri: 'a.jsonl' }],
  })
  expect(resolveConfig([project, { name: 'spider', config: { feeds: [] } }]).feeds).toEqual([])
})

test('flattened and given back, it says the same, whatever lies below', () => {
  const resolved = resolveConfig([
    { name: 'project', config: { preset: 'broad', delay: 3, feeds: [{ uri: '-' }], slots: { a: { delay: 1 } } } },
  ])
  const again = resolveConfig([
    { name: 'spider', config: { preset: 'fast', concurrency: 5, pipelines: [pipeline('x')] } },
    { name: 'options', config: flattenConfig(resolved) },
  ])
  expect(again).toEqual({ ...resolved, origins: again.origins })
})

test('what was passed in stays as it was', () => {
  const config = { feeds: [{ uri: '-' }], delay: 1 }
  resolveConfig([{ name: 'project', config }])
  expect(config).toEqual({ feeds: [{ uri: '-' }], delay: 1 })
})

test.each([
  [{ feeds: 'out.json' }, '`feeds` to be a list'],
  [{ feeds: ['out.json'] }, '`feeds[0]`'],
  [{ feeds: [{ uri: 'a' }, null] }, '`feeds[1]`'],
  [{ pipelines: [{ name: 'x' }] }, '`pipelines[0]`'],
  [{ downloaderMiddlewares: {} }, '`downloaderMiddlewares` to be a list'],
  [{ extensions: [() => undefined] }, '`extensions[0]`'],
])('%j is refused', (config, words) => {
  expect(() => resolveConfig([{ name: 'skein.config.ts', config }])).toThrow(words)
})

test('problems of settings and of lists are reported together', () => {
  let message = ''
  try {
    resolveConfig([{ name: 'skein.config.ts', config: { feeds: 1, dealy: 2 } }])
  } catch (error) {
    message = (error as SkeinError).message
  }
  expect(message).toContain('2 settings are wrong')
  expect(message).toContain('did you mean `delay`')
  expect(message).toContain('`feeds` to be a list')
})

test('lists cannot come from the command line', () => {
  expect(() => resolveConfig([{ name: 'the command line', config: { feeds: 'a.json' }, text: true }])).toThrow('-o or -O')
})
