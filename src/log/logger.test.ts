import { describe, expect, test } from 'vitest'
import type { LogFields, LogLevel } from './contract.ts'
import { createLogger } from './logger.ts'

const time = new Date(2026, 10, 22, 9, 5, 7).getTime()

function record(options: { level?: LogLevel; format?: 'text' | 'json'; colors?: boolean } = {}) {
  const lines: string[] = []
  return { lines, log: createLogger({ ...options, write: (text) => lines.push(text), now: () => time }) }
}

const textOf = (message: string, fields?: LogFields): string => {
  const { lines, log } = record()
  log.info(message, fields)
  return lines.join('')
}

describe('levels', () => {
  const said: Readonly<Record<LogLevel, number>> = { debug: 4, info: 3, warn: 2, error: 1, silent: 0 }
  test.each(Object.entries(said))('%s says %i of four', (level, count) => {
    const { lines, log } = record({ level: level as LogLevel })
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    expect(lines).toHaveLength(count)
    expect(log.debugEnabled).toBe(level === 'debug')
  })
})

describe('text', () => {
  test('time, level, message and fields', () => {
    expect(textOf('started', { spider: 'quotes', pages: 3, ok: true })).toBe(
      '2026-11-22 09:05:07 INFO  started  spider=quotes pages=3 ok=true\n',
    )
  })

  test('a value that could be taken for two fields is quoted', () => {
    expect(textOf('m', { a: 'x b=1', c: '', d: 'say "hi"' })).toContain(' a="x b=1" c="" d="say \\"hi\\""\n')
  })

  test('an absent field is left out', () => {
    expect(textOf('m', { a: undefined, b: null, c: { d: 1 } })).toContain('INFO  m  b=null c={"d":1}\n')
  })

  test('nothing in a message, a name or a value makes a second line or reaches the terminal', () => {
    const forged = 'x\r\n2026-11-22 09:05:07 ERROR hacked\x1b[2J\x9b1A\u2028\u202e'
    for (const text of [
      textOf(forged),
      textOf('m', { url: forged }),
      textOf('m', { [forged]: 1 }),
      textOf('m', { list: [forged] }),
    ]) {
      expect(text.match(/\n/g)).toHaveLength(1)
      expect(text.slice(0, -1)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/)
    }
  })

  test('lines of an error are indented, so that none can pose as a record', () => {
    const error = new Error('first\n2026-11-22 09:05:07 ERROR forged\x1b[31m', { cause: new TypeError('deeper') })
    const [head, ...rest] = textOf('failed', { error }).trimEnd().split('\n')
    expect(head).toBe('2026-11-22 09:05:07 INFO  failed')
    expect(rest.length).toBeGreaterThan(3)
    for (const line of rest) expect(line).toMatch(/^ {4}/)
    expect(rest.join('\n')).not.toContain('\x1b')
    expect(rest.join('\n')).toContain('    caused by TypeError: deeper')
  })

  test('user names and passwords in URLs are never shown', () => {
    const url = 'https://me:s3cret@example.com/a@b'
    const error = new Error(`cannot reach ${url}`, { cause: new Error(`proxy http://u:p%40s3cret@proxy:80`) })
    for (const format of ['text', 'json'] as const) {
      const { lines, log } = record({ format })
      log.info(`GET ${url}`, { url, nested: { urls: [url] }, error })
      expect(lines.join('')).not.toContain('s3cret')
      expect(lines.join('')).toContain('https://***@example.com/a@b')
    }
  })

  test('colours only when asked for', () => {
    const { lines, log } = record({ colors: true })
    log.error('m')
    expect(lines[0]).toContain('\x1b[')
    expect(textOf('m')).not.toContain('\x1b[')
  })

  test('what cannot be shown does not throw', () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    expect(textOf('m', { circular, big: 10n, fn: () => 1, sym: Symbol('s'), map: new Map([[1, 2]]) })).toContain('big=')
    expect(textOf(Symbol('no text') as unknown as string)).toContain('Symbol(no text)')
    expect(textOf('m', { error: 'just text' })).toContain('no Error was thrown: just text')
    expect(textOf('m', { error: circular })).toContain('no Error was thrown: [object Object]')
  })
})

describe('json', () => {
  test('one object a line, whatever is in it', () => {
    const { lines, log } = record({ format: 'json' })
    log.warn('a\nb', { url: 'http://x/\u2028', time: 'mine', level: 7, error: new Error('boom') })
    expect(lines).toHaveLength(1)
    expect(lines[0]!.match(/\n/g)).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({
      time: new Date(time).toISOString(),
      level: 'warn',
      message: 'a\nb',
      url: 'http://x/\u2028',
      field_time: 'mine',
      field_level: 7,
      error: expect.arrayContaining(['Error: boom']),
    })
  })
})
