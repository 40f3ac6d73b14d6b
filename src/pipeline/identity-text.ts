import { SkeinError } from '../errors.ts'

/**
 * A value as a text that equal values share and different ones do not: `1` and `'1'` differ, objects are compared whatever the order of their
 * fields.
 *
 * @param user the pipeline that compares, for the message
 * @throws SkeinError ERR_ITEM_FIELD for a value that has no such text (a Map, a function): all of them would be one
 */
export function identityText(value: unknown, user: string): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'bigint':
      return `${value}n`
    case 'object': {
      if (value === null) return 'null'
      if (value instanceof Date) return `Date(${value.getTime()})`
      if (Array.isArray(value)) return `[${value.map((one) => identityText(one, user)).join(',')}]`
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype === Object.prototype || prototype === null) {
        const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
        return `{${fields.map(([name, one]) => `${JSON.stringify(name)}:${identityText(one, user)}`).join(',')}}`
      }
    }
  }
  const what = typeof value === 'object' && value !== null ? value.constructor.name : typeof value
  throw new SkeinError(
    'ERR_ITEM_FIELD',
    `"${user}" tells items apart by a value that is a ${what}, which cannot be compared. Expected a text, a number, a date, or a list or plain object of these.`,
  )
}
