import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { columnType } from '../../src/pipeline/postgres/column-type.ts'
import { postgresJson } from '../../src/pipeline/postgres/postgres-json.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'

const values: readonly unknown[] = [
  '',
  ' ',
  'x',
  '1',
  ' 12 ',
  '+5',
  '-0',
  '1.5',
  '.5',
  '5.',
  '1e3',
  '-1E-3',
  '1,234',
  '1_000',
  'NaN',
  'Infinity',
  '-infinity',
  'inf',
  '99999999999999999999',
  'true',
  'TRUE',
  'tr',
  'yes',
  'of',
  'o',
  'off',
  'null',
  'abc',
  'abcd',
  'abc   ',
  '😀😀😀',
  '{1,2}',
  '{}',
  '{a}',
  '\\x00ff',
  '[1]',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  '{a0eebc999c0b4ef8bb6d6bb9bd380a11}',
  'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1',
  0,
  1,
  2,
  -1,
  1.5,
  1e21,
  32_767,
  32_768,
  -32_768,
  2_147_483_647,
  2_147_483_648,
  -2_147_483_649,
  2 ** 53,
  2n ** 63n - 1n,
  2n ** 63n,
  -(2n ** 63n),
  true,
  false,
  [],
  [1, 2],
  [1, 'x'],
  ['1'],
  [null],
  [[1], [2]],
  [[1], [2, 3]],
  [1, [2]],
  [[]],
  [[null]],
  [['x'], ['y']],
  [[[1]], [[2]]],
  {},
  { a: 1 },
  new Date(0),
  new Uint8Array([1]),
] // prettier-ignore

let server: PostgresServer
let client: pg.Client
beforeAll(async () => {
  server = await startPostgres()
  client = new pg.Client(server.url)
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await server?.stop()
})

/** A list is a list, and what has a length is a text: PostgreSQL would take literals of lists, and the JSON of anything that is short. */
const isStricter = (type: string, value: unknown): boolean =>
  type.endsWith('[]')
    ? typeof value === 'string' || (value as unknown[]).some(Array.isArray)
    : type.includes('char') && typeof value === 'object'

const say = (value: unknown): string =>
  postgresJson(value, [], (path, why) => {
    throw new Error(`${path}: ${why}`)
  })

// what is refused beforehand is what PostgreSQL would have refused, and the other way round: one value that slips through ends a crawl
it.each([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'boolean',
  'uuid',
  'varchar(3)',
  'char(3)',
  'char',
  'text',
  'jsonb',
  'integer[]',
  'text[]',
  'boolean[]',
  'uuid[]',
] as const)('knows what a column of %s takes', async (text) => {
  const type = columnType(text)!
  const wrong: string[] = []
  for (const value of values) {
    const refused = type.problem(value) !== undefined
    const row = `[{"a":${say(value)}}]`
    // as a statement does it that puts it into a column
    const takes = await client
      .query(`CREATE TEMP TABLE IF NOT EXISTS "t ${text}" (a ${type.sql})`)
      .then(() =>
        client.query(`INSERT INTO "t ${text}" SELECT a FROM jsonb_to_recordset($1::jsonb) AS given(a ${type.sql})`, [row]),
      )
      .then(() => true)
      .catch(() => false)
    if (refused && takes && isStricter(text, value)) continue
    if (takes === refused) wrong.push(`${say(value)} ${takes ? 'is refused, and would be taken' : 'passes, and is not taken'}`)
  }
  expect(wrong).toEqual([])
}) // prettier-ignore
