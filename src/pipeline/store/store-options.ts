import { UsageError } from '../../errors.ts'
import type { Expected } from '../check-options.ts'

/** The options that every database takes, as `checkOptions` reads them. */
export const STORE_OPTIONS: Readonly<Record<string, Expected>> = {
  url: 'any',
  key: 'any',
  update: ['set', 'replace'],
  when: 'function',
  batchSize: 'count',
  timeout: 'count',
  driverOptions: 'object',
  name: 'string',
}

/**
 * The fields that the option `key` names; undefined where it is a function, or left out.
 *
 * @throws UsageError ERR_PIPELINE_OPTION
 */
export function fieldsOfKey(factory: string, key: unknown): readonly string[] | undefined {
  if (key === undefined || typeof key === 'function') return undefined
  const fields: unknown = typeof key === 'string' ? [key] : key
  const good = Array.isArray(fields) && fields.length > 0 && fields.every((field) => typeof field === 'string' && field !== '')
  if (good && new Set(fields).size === fields.length) return fields
  throw new UsageError('ERR_PIPELINE_OPTION', `${factory}(): expected \`key\` to be a field, a list of fields or a function.`)
}
