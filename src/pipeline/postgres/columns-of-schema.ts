import { UsageError } from '../../errors.ts'

/**
 * A schema that can say itself as JSON Schema (https://standardschema.dev/json-schema): that of zod (4.2 and later), arktype and others, the same
 * object that `validate` takes.
 */
export interface JsonSchemaSource {
  readonly '~standard': {
    readonly jsonSchema: { readonly output: (options: { readonly target: string }) => Readonly<Record<string, unknown>> }
  }
}

/** What is read of a JSON Schema. */
interface Node {
  readonly type?: unknown
  readonly format?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
  readonly properties?: Readonly<Record<string, Node>>
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'bigint',
  number: 'double precision',
  boolean: 'boolean',
}
const FORMATS: Readonly<Record<string, string>> = { 'date-time': 'timestamptz', date: 'date', uuid: 'uuid' }

export function isJsonSchemaSource(value: unknown): value is JsonSchemaSource {
  const standard = (value as Partial<JsonSchemaSource> | null | undefined)?.['~standard']
  return typeof standard?.jsonSchema?.output === 'function'
}

/**
 * The columns of the objects that leave a schema: text, bigint, double precision, boolean, timestamptz, date and uuid for what is always of that kind
 * (or null), and jsonb for all else: lists, objects, values of several kinds.
 *
 * @throws UsageError ERR_PIPELINE_OPTION for a schema of something else than objects, or one that JSON Schema has no words for (a Date, a bigint)
 *
 * @example
 * columnsOfSchema(z.object({ name: z.string(), votes: z.number().int().optional(), tags: z.array(z.string()) }))
 * // { name: 'text', votes: 'bigint', tags: 'jsonb' }
 */
export function columnsOfSchema(schema: JsonSchemaSource): Readonly<Record<string, string>> {
  let said: Node
  try {
    said = schema['~standard'].jsonSchema.output({ target: 'draft-2020-12' })
  } catch (cause) {
    throw unfit(`cannot be said as JSON Schema (${(cause as Error).message})`, cause)
  }
  const { properties } = said
  if (properties === undefined || Object.keys(properties).length === 0) throw unfit('is not one of objects with fields')
  return Object.fromEntries(Object.entries(properties).map(([name, node]) => [name, columnOf(node)]))
}

function columnOf(node: Node): string {
  const kinds = new Set(kindsOf(node))
  kinds.delete('null')
  const [kind, ...others] = kinds
  // whole numbers are numbers
  if (kinds.size === 2 && kinds.has('bigint') && kinds.has('double precision')) return 'double precision'
  return kind === undefined || others.length > 0 ? 'jsonb' : kind
}

function kindsOf(node: Node): string[] {
  const choices = node.anyOf ?? node.oneOf
  if (choices !== undefined) return choices.flatMap(kindsOf)
  if (Array.isArray(node.type)) return node.type.flatMap((type: unknown) => kindsOf({ ...node, type }))
  if (node.type === undefined) {
    if (node.enum !== undefined) return node.enum.map(kindOfValue)
    return node.const === undefined ? ['jsonb'] : [kindOfValue(node.const)]
  }
  if (node.type === 'null') return ['null']
  if (node.type === 'string' && typeof node.format === 'string') return [FORMATS[node.format] ?? 'text']
  return [TYPES[String(node.type)] ?? 'jsonb']
}

function kindOfValue(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? 'jsonb' : (TYPES[Number.isInteger(value) ? 'integer' : typeof value] ?? 'jsonb')
}

function unfit(why: string, cause?: unknown): UsageError {
  return new UsageError(
    'ERR_PIPELINE_OPTION',
    `postgres(): the schema in \`columns\` ${why}. Name the columns: { url_token: 'text', votes: 'integer' }`,
    { cause },
  )
}
