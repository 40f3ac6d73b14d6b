import { describe, expect, test } from 'vitest'
import { type SkeinError, UsageError } from '../errors.ts'
import { presets } from './presets.ts'
import { collectSettings, resolveSettings } from './resolve-settings.ts'
import { defaultSettings } from './settings.ts'

function problemOf(...layers: Parameters<typeof resolveSettings>[0]): SkeinError {
  try {
    resolveSettings(layers)
  } catch (error) {
    return error as SkeinError
  }
  throw new Error('expected resolveSettings to throw')
}

const config = (values: Record<string, unknown>) => ({ name: 'skein.config.ts', values })
const line = (values: Record<string, string>) => ({ name: 'the command line', values, text: true })

describe('layers', () => {
  test('nothing set is the defaults', () => {
    expect(resolveSettings([])).toEqual(defaultSettings)
  })

  test('each layer stands over the ones before it', () => {
    const settings = resolveSettings([config({ delay: 1, concurrency: 4 }), line({ delay: '2.5' })])
    expect(settings.delay).toBe(2.5)
    expect(settings.concurrency).toBe(4)
    expect(settings.retry).toBe(true)
  })

  test('undefined is absent', () => {
    expect(resolveSettings([config({ delay: 3 }), config({ delay: undefined })]).delay).toBe(3)
  })

  test('slots are merged slot by slot', () => {
    const settings = resolveSettings([
      config({ slots: { a: { delay: 1, concurrency: 2 }, b: { delay: 9 } } }),
      line({ slots: '{"a":{"delay":5},"c":{"concurrency":1}}' }),
    ])
    expect(settings.slots).toEqual({ a: { delay: 5, concurrency: 2 }, b: { delay: 9 }, c: { concurrency: 1 } })
  })

  test('headers are merged whatever the case of their names', () => {
    const { defaultHeaders } = resolveSettings([
      config({ defaultHeaders: { accept: '*/*', 'X-A': '1' } }),
      config({ defaultHeaders: { 'x-a': null } }),
    ])
    expect(defaultHeaders).toEqual({ accept: '*/*', 'Accept-Language': 'en', 'x-a': null })
  })

  test('the result is frozen through and through, and what was passed in is not', () => {
    const slots = { a: { delay: 1 } }
    const settings = resolveSettings([config({ slots })])
    expect(Object.isFrozen(settings)).toBe(true)
    expect(Object.isFrozen(settings.slots['a'])).toBe(true)
    expect(Object.isFrozen(settings.retryStatuses)).toBe(true)
    slots.a.delay = 2
    expect(settings.slots['a']?.delay).toBe(1)
    expect(Object.isFrozen(defaultSettings.slots)).toBe(false)
  })

  test('it is told where each value came from', () => {
    const { origins } = collectSettings([config({ delay: 1, preset: 'fast' }), line({ delay: '2' })])
    expect(origins).toMatchObject({ delay: 'the command line', concurrency: 'preset fast, skein.config.ts', retry: 'default' })
  })
})

describe('presets', () => {
  test('every preset decides the same settings, and polite is the defaults', () => {
    for (const values of Object.values(presets)) expect(Object.keys(values)).toEqual(Object.keys(presets.polite))
    expect(resolveSettings([config({ preset: 'polite' })])).toEqual(defaultSettings)
  })

  test('every preset is right by the checks', () => {
    for (const values of Object.values(presets)) expect(collectSettings([config(values)]).problems).toEqual([])
  })

  test('a value beside a preset wins, in whatever order they stand', () => {
    expect(resolveSettings([config({ concurrency: 3, preset: 'fast' })]).concurrency).toBe(3)
    expect(resolveSettings([config({ preset: 'fast', concurrency: 3 })]).concurrency).toBe(3)
  })

  test('a preset wins over the layers below it, and leaves nothing of an earlier preset', () => {
    const settings = resolveSettings([config({ preset: 'broad', delay: 4 }), line({ preset: 'fast' })])
    expect(settings).toEqual({ ...defaultSettings, ...presets.fast, preset: 'fast' })
  })
})

describe('problems', () => {
  test('a wrong value names the setting, what was expected, what came and from where', () => {
    const error = problemOf(line({ delay: 'abc' }))
    expect(error).toBeInstanceOf(UsageError)
    expect(error.code).toBe('ERR_SETTING_INVALID')
    expect(error.message).toBe("Expected `delay` to be a number of seconds ≥ 0, got 'abc' (from the command line)")
  })

  test('all problems of all layers are reported at once', () => {
    const { message } = problemOf(config({ concurency: 1, delay: -1 }), line({ retry: 'maybe' }))
    expect(message).toContain('3 settings are wrong')
    expect(message).toContain('did you mean `concurrency`')
    expect(message).toContain('got -1 (from skein.config.ts)')
    expect(message).toContain("`retry` to be true or false, got 'maybe' (from the command line)")
  })

  test('a config file is not read as text: a number in quotes is a mistake', () => {
    expect(problemOf(config({ delay: '1' })).message).toContain("got '1'")
  })

  test.each([
    [{ concurrency: 0 }],
    [{ concurrency: 1.5 }],
    [{ delay: Number.NaN }],
    [{ delay: Number.POSITIVE_INFINITY }],
    [{ obeyRobotsTxt: 'true' }],
    [{ order: 'random' }],
    [{ order: 'toString' }],
    [{ retryStatuses: [99] }],
    [{ retryStatuses: 500 }],
    [{ handleStatus: false }],
    [{ slots: { a: { delay: 'x' } } }],
    [{ slots: { a: { dealy: 1 } } }],
    [{ slots: { a: 1 } }],
    [{ slots: [] }],
    [{ defaultHeaders: { 'X-A': 'a\r\nX-B: b' } }],
    [{ defaultHeaders: { 'X A': 'a' } }],
    [{ userAgent: 'a\nb' }],
    [{ logFile: null }],
    [{ maxResponseSize: -1 }],
  ])('%j is refused', (values) => {
    expect(problemOf(config(values)).code).toBe('ERR_SETTING_INVALID')
  })

  test('names that every object has are no settings', () => {
    expect(problemOf(line({ constructor: '1' })).code).toBe('ERR_SETTING_UNKNOWN')
    expect(problemOf(config({ toString: 1 })).code).toBe('ERR_SETTING_UNKNOWN')
  })

  test('a value of any length makes a short message', () => {
    expect(problemOf(config({ delay: 'x'.repeat(10_000) })).message.length).toBeLessThan(300)
  })
})
