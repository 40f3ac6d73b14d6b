/** The type of a column. */
export interface ColumnType {
  /** As SQL. */
  readonly sql: string
  /** Its values are JSON, whatever they are. */
  readonly json: boolean
  /** Says why a value is none of its kind, where that can be known beforehand. What PostgreSQL alone can know passes. */
  problem(value: unknown): string | undefined
}

// one word (a type of the user's, if need be with its schema), or one of the types that have several; then sizes; then lists
const TYPE =
  /^(double precision|(?:character|bit) varying|[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?) ?(?:\((\d{1,8})(?:, ?-?\d{1,8})?\))?( with(?:out)? time zone)?((?:\[\])*)$/
const NO_TYPES = new Set(['serial', 'bigserial', 'smallserial', 'serial2', 'serial4', 'serial8'])

/** Reads a type of PostgreSQL; undefined for what is none. */
export function columnType(text: string): ColumnType | undefined {
  const sql = text.trim().toLowerCase().replace(/\s+/g, ' ')
  const [, name = '', size, zone = '', list = ''] = TYPE.exec(sql) ?? []
  if (name === '' || NO_TYPES.has(name) || (zone !== '' && !/^time(?:stamp)?$/.test(name))) return undefined
  const json = name === 'json' || name === 'jsonb'
  const one = checkOf(name, size === undefined ? undefined : Number(size))
  return { sql, json: json && list === '', problem: list === '' ? one : (value) => listProblem(value, one) }
}

type Check = (value: unknown) => string | undefined

/** Lists may have lists in them, of one length, down to the 6 dimensions of PostgreSQL. */
function listProblem(value: unknown, one: Check, dimensions = 6): string | undefined {
  if (dimensions === 0) return 'has more than 6 dimensions'
  if (!Array.isArray(value)) return `is ${say(value)}. Expected a list`
  const isNested = value.some(Array.isArray)
  const length = isNested ? (value.find(Array.isArray) as unknown[]).length : 0
  for (const element of value) {
    if (isNested && !(Array.isArray(element) && element.length === length))
      return 'has lists in it that are not all of one length'
    const problem = isNested
      ? listProblem(element, one, dimensions - 1)
      : element === null || element === undefined
        ? undefined
        : one(element)
    if (problem !== undefined) return isNested ? problem : `has an element that ${problem}`
  }
  return undefined
}

const NUMERIC = /^\s*[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|infinity|inf|nan)\s*$/i
const UUID = /^\{?[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}\}?$/i
const TRUTH = /^\s*(?:t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|[01])\s*$/i
const BITS: Readonly<Record<string, bigint>> = {
  smallint: 16n,
  int2: 16n,
  integer: 32n,
  int: 32n,
  int4: 32n,
  bigint: 64n,
  int8: 64n,
}

function checkOf(name: string, size: number | undefined): Check {
  const bits = BITS[name]
  if (bits !== undefined) return (value) => wholeProblem(value, bits)
  switch (name) {
    case 'numeric':
    case 'decimal':
    case 'real':
    case 'float':
    case 'float4':
    case 'float8':
    case 'double precision':
      return (value) => {
        if (typeof value === 'number' || typeof value === 'bigint' || (typeof value === 'string' && NUMERIC.test(value))) return
        return `is ${say(value)}. Expected a number`
      }
    case 'boolean':
    case 'bool':
      return (value) => (TRUTH.test(scalar(value)) ? undefined : `is ${say(value)}. Expected true or false`)
    case 'uuid':
      return (value) => (UUID.test(scalar(value)) ? undefined : `is ${say(value)}. Expected a UUID`)
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return (value) =>
        typeof value === 'string' || value instanceof Date ? undefined : `is ${say(value)}. Expected a Date or a text`
    case 'character varying':
    case 'varchar':
      return (value) => lengthProblem(value, size)
    case 'character':
    case 'char':
      return (value) => lengthProblem(value, size ?? 1)
    default:
      return () => undefined
  }
}

function wholeProblem(value: unknown, bits: bigint): string | undefined {
  const text = scalar(value)
  if (!/^\s*[-+]?\d+\s*$/.test(text)) return `is ${say(value)}. Expected a whole number`
  const whole = BigInt(text.replace('+', ''))
  const limit = 2n ** (bits - 1n)
  return whole < -limit || whole >= limit ? `is ${say(value)}, which ${bits} bits do not hold` : undefined
}

function lengthProblem(value: unknown, size: number | undefined): string | undefined {
  if (size === undefined) return
  const text = scalar(value)
  // a number may be written in another way there
  if (typeof value !== 'string' && (text === '' || text.includes('e+') || text.includes('e-')))
    return `is ${say(value)}. Expected a text`
  const length = [...text.replace(/ +$/, '')].length
  return length <= size ? undefined : `has ${length} characters, and may have ${size}`
}

/** As PostgreSQL reads it; empty for what is no text, number or truth. */
function scalar(value: unknown): string {
  return typeof value === 'object' || value === undefined ? '' : String(value)
}

function say(value: unknown): string {
  if (value instanceof Date) return 'a date'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
