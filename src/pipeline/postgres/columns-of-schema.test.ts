import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Item, User } from '../../../examples/zhihu/items.ts'
import { columnsOfSchema, isJsonSchemaSource } from './columns-of-schema.ts'

describe('columnsOfSchema', () => {
  it.each([
    [z.string(), 'text'],
    [z.string().optional(), 'text'],
    [z.string().nullable(), 'text'],
    [z.enum(['a', 'b']), 'text'],
    [z.literal('a'), 'text'],
    [z.number(), 'double precision'],
    [z.number().int(), 'bigint'],
    [z.union([z.number().int(), z.number()]), 'double precision'],
    [z.boolean().nullish(), 'boolean'],
    [z.iso.datetime(), 'timestamptz'],
    [z.iso.date(), 'date'],
    [z.uuid(), 'uuid'],
    [z.email(), 'text'],
    [z.array(z.string()), 'jsonb'],
    [z.looseObject({ a: z.string() }), 'jsonb'],
    [z.union([z.string(), z.number()]), 'jsonb'],
    [z.unknown(), 'jsonb'],
    [z.null(), 'jsonb'],
  ])('%#: %o', (schema, column) => {
    expect(columnsOfSchema(z.object({ field: schema }))).toEqual({ field: column })
  })

  it('takes what leaves a schema, not what enters it', () => {
    expect(columnsOfSchema(z.object({ n: z.string().transform(Number).pipe(z.number().int()) }))).toEqual({ n: 'bigint' })
  })

  it('has a column for each field of a whole item', () => {
    const columns = columnsOfSchema(User)
    expect(Object.keys(columns)).toEqual(Object.keys(User.shape))
    expect(columns).toMatchObject({ url_token: 'text', follower_count: 'bigint', badge: 'jsonb', business: 'jsonb' })
  })

  it.each([
    ['a date', z.object({ at: z.date() })],
    ['no object', z.string()],
    ['no field', z.object({})],
    ['several kinds of objects', Item],
  ])('refuses a schema of %s, and says what to do', (_, schema) => {
    expect(() => columnsOfSchema(schema)).toThrow(/^postgres\(\): the schema in `columns` .*Name the columns/)
  })

  it('knows a schema from a list of columns', () => {
    expect(isJsonSchemaSource(User)).toBe(true)
    for (const other of [undefined, null, 'text', {}, { a: 'text' }, { '~standard': { version: 1 } }])
      expect(isJsonSchemaSource(other)).toBe(false)
  })
})
