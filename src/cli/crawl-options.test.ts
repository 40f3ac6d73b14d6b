import { expect, test } from 'vitest'
import { feedsLayer, pairs, settingsLayer } from './crawl-options.ts'

test('pairs are split at the first =, the last of a name counts', () => {
  expect(pairs(['a=1', 'b=', 'c=x=y', 'a=2'], '-a name=value')).toEqual({ a: '2', b: '', c: 'x=y' })
  expect(Object.keys(pairs(['__proto__=1'], '-a name=value'))).toEqual(['__proto__'])
})

test.each([['a'], ['=1'], ['']])('%j is no pair', (text) => {
  expect(() => pairs([text], '-a name=value')).toThrow('Expected -a name=value')
})

test('options of their own win over -s', () => {
  expect(settingsLayer({ set: ['logLevel=error', 'delay=1'], logLevel: 'DEBUG', logFile: 'a.log', logFormat: 'json' })).toEqual({
    name: 'the command line',
    config: { logLevel: 'debug', delay: '1', logFile: 'a.log', logFormat: 'json' },
    text: true,
  })
})

test('a crawl that is shared needs no -s', () => {
  const flags = { set: ['redis=redis://other'], redis: 'redis://host', job: 'b', persist: true, keepAlive: true } as const
  expect(settingsLayer(flags).config).toEqual({ redis: 'redis://host', job: 'b', persist: 'true', keepAlive: 'true' })
})

test('without -o and -O the feeds are those of the project', async () => {
  const none = { arg: [], set: [], output: [], overwriteOutput: [] }
  expect((await feedsLayer(none)).config).toEqual({})
  expect((await feedsLayer({ ...none, output: ['a.csv'], overwriteOutput: ['b.json'] })).config).toEqual({
    feeds: [
      expect.objectContaining({ uri: 'a.csv', overwrite: false }),
      expect.objectContaining({ uri: 'b.json', overwrite: true }),
    ],
  })
})
