import { createItemJson, createJsonText, type JsonLayout } from '../../item/json-text.ts'
import { fieldsOf, itemError } from '../../item/value.ts'
import type { FormatOptions } from '../contract.ts'
import { columnsOf } from '../fields.ts'

/** Writes one item: all its fields, or those of the `fields` option. Fails with `ERR_FEED_ITEM`. */
export function createItemText(options: FormatOptions, layout: JsonLayout): (item: object) => string {
  const columns = columnsOf(options.fields)
  if (columns === undefined) return createItemJson(layout)
  const json = createJsonText(layout)
  return (item) => {
    try {
      const source = fieldsOf(item)
      const picked: Record<string, unknown> = Object.create(null)
      for (const { key, name } of columns) {
        const value = Object.hasOwn(source, key) ? source[key] : undefined
        if (value !== undefined) picked[name] = value
        else if (options.emptyFields) picked[name] = null
      }
      return json(picked)
    } catch (error) {
      throw itemError(item, error)
    }
  }
}
