import { CloseSpider, DropItem, SkeinError, UsageError } from '../errors.ts'
import type { SchemaOutput, SchemaResult, StandardSchema } from '../item/standard-schema.ts'
import type { Counter } from '../stats/stats.ts'
import { checkOptions } from './check-options.ts'
import type { Item, ItemInfo, Pipeline } from './contract.ts'
import { originText } from './origin-text.ts'
import { describeIssues, fieldsOf } from './schema-problem.ts'

/** How {@link validate} treats items. */
export interface ValidateOptions {
  /**
   * What becomes of an item that its schema refuses. `drop`: it is counted and logged, and the page goes on. `fail`: its page becomes a dead
   * letter, which can be retried. `stop`: that, and the crawl ends in good order with the reason `invalid_item`.
   *
   * @default 'drop'
   */
  readonly onInvalid?: 'drop' | 'fail' | 'stop'
  /** Which items the schema is for; the others pass as they are. @default all */
  readonly when?: ((item: Item) => boolean) | undefined
  /** What messages call this pipeline. @default 'validate' */
  readonly name?: string
}

/**
 * A pipeline that holds items to a schema: anything that speaks Standard Schema (zod, valibot, arktype), sync or async. What goes on is what the
 * schema gives: with its defaults, its coercions, and without what it strips.
 *
 * An item that it refuses counts in `item_invalid_count`, by field in `item_invalid_count/<field>`; the message names the field, what the schema
 * says about it, and the page. A schema that throws is an error of the pipeline: the page becomes a dead letter.
 *
 * @throws UsageError ERR_SCHEMA for what is no schema, ERR_PIPELINE_OPTION for a wrong option
 *
 * @example
 * const Book = z.object({ title: z.string().min(1), price: z.number().positive() })
 * export default defineConfig({ pipelines: [validate(Book)] })
 */
export function validate<S extends StandardSchema<unknown, Item>>(
  schema: S,
  options?: ValidateOptions & { readonly when?: undefined },
): Pipeline<Item, SchemaOutput<S>>
export function validate(schema: StandardSchema<unknown, Item>, options: ValidateOptions): Pipeline
export function validate(schema: StandardSchema<unknown, Item>, options: ValidateOptions = {}): Pipeline {
  checkSchema(schema)
  checkOptions('validate', options, { onInvalid: ['drop', 'fail', 'stop'], when: 'function', name: 'string' })
  const { onInvalid = 'drop', when, name = 'validate' } = options
  let invalid: Counter | undefined

  function settle(result: SchemaResult<Item>, info: ItemInfo): Item {
    if (typeof result !== 'object' || result === null) {
      throw new SkeinError(
        'ERR_SCHEMA',
        `The schema of "${name}" answered with ${String(result)}. Expected { value } or { issues }.`,
      )
    }
    const { issues } = result
    if (issues === undefined) return result.value
    invalid?.add()
    for (const field of fieldsOf(issues)) invalid?.label(field).add()
    const message = `${originText(info)} is invalid: ${describeIssues(issues)}`
    if (onInvalid === 'drop') throw new InvalidItem(message)
    const error = new SkeinError('ERR_ITEM_INVALID', message)
    throw onInvalid === 'fail' ? error : new CloseSpider('invalid_item', { cause: error })
  }

  return {
    name,
    open({ stats }) {
      invalid = stats.counter('item_invalid_count')
    },
    process(item, info) {
      if (when !== undefined && !when(item)) return item
      const result = schema['~standard'].validate(item)
      return isPromise(result) ? result.then((settled) => settle(settled, info)) : settle(result, info)
    },
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | null | undefined)?.then === 'function'
}

/** So that its own line in `item_dropped_reasons_count` tells it from other drops. */
class InvalidItem extends DropItem {}

/** Some schemas are functions. */
function checkSchema(schema: unknown): void {
  const standard = (schema as StandardSchema | null | undefined)?.['~standard'] as
    | Partial<StandardSchema['~standard']>
    | undefined
  if (standard?.version === 1 && typeof standard.validate === 'function') return
  throw new UsageError(
    'ERR_SCHEMA',
    'validate() got something that is no schema. Expected one that speaks Standard Schema, such as those of zod 3.24, valibot 1 and arktype 2: validate(z.object({ title: z.string() })).',
  )
}
