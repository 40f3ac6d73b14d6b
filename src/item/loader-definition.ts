import { UsageError } from '../errors.ts'
import { nearest } from '../util/suggest.ts'
import type { Processor } from './processor.ts'

/** What happens to the values of one field. */
export interface FieldProcessors<V> {
  /** Runs on the values of each call that adds some; what it gives is kept. @default the loader's `in` */
  readonly in?: Processor<readonly never[]>
  /** Runs once, on all that was kept; what it gives is in the item. @default the loader's `out` */
  readonly out?: Processor<readonly never[], V | undefined | null>
}

/** How a loader makes items of type `T`. Written once, beside the type; a loader reads it the first time it sees it. */
export interface LoaderProcessors<T extends object> {
  readonly fields?: { readonly [K in keyof T]?: FieldProcessors<T[K]> }
  /** For fields that have none of their own. @default the values as they are */
  readonly in?: Processor<readonly never[]>
  /** For fields that have none of their own. @default the values as a list */
  readonly out?: Processor<readonly never[]>
}

/** The processors of a field, undefined where the values stay as they are. */
export interface ReadyField {
  readonly in: Processor | undefined
  readonly out: Processor | undefined
}

/** Looks up the processors of a field. */
export type LoaderDefinition = (field: string) => ReadyField

const NO_PROCESSORS: LoaderProcessors<object> = {}
const ready = new WeakMap<object, LoaderDefinition>()

/**
 * The definition that an object of processors means, checked and put together once for each object.
 *
 * @throws UsageError ERR_LOADER_OPTION
 */
export function loaderDefinition(processors: LoaderProcessors<object> | undefined): LoaderDefinition {
  const given = processors ?? NO_PROCESSORS
  let definition = ready.get(given)
  if (definition === undefined) ready.set(given, (definition = define(given)))
  return definition
}

function define(processors: LoaderProcessors<object>): LoaderDefinition {
  checkKeys(processors, ['fields', 'in', 'out'], 'the processors of an ItemLoader')
  const rest = readyField(processors as FieldProcessors<unknown>, undefined)
  const fields = new Map<string, ReadyField>()
  for (const [name, field] of Object.entries((processors.fields ?? {}) as Record<string, FieldProcessors<unknown> | undefined>)) {
    if (field === undefined) continue
    checkKeys(field, ['in', 'out'], `the processors of the field "${name}"`)
    fields.set(name, readyField(field, rest))
  }
  return (field) => fields.get(field) ?? rest
}

function readyField(given: FieldProcessors<unknown>, rest: ReadyField | undefined): ReadyField {
  return { in: (given.in as Processor | undefined) ?? rest?.in, out: (given.out as Processor | undefined) ?? rest?.out }
}

function checkKeys(given: unknown, names: readonly string[], what: string): void {
  if (typeof given !== 'object' || given === null) {
    throw new UsageError('ERR_LOADER_OPTION', `Expected ${what} to be an object with ${names.join(', ')}.`)
  }
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (!names.includes(name)) {
      const near = nearest(name, names)
      const inFields = names.includes('fields') ? ' The processors of a field stand under `fields`.' : ''
      const hint = near === undefined ? inFields : ` Did you mean "${near}"?`
      throw new UsageError('ERR_LOADER_OPTION', `There is no "${name}" in ${what}.${hint} Expected ${names.join(', ')}.`)
    }
    if (name !== 'fields' && value !== undefined && typeof value !== 'function') {
      throw new UsageError('ERR_LOADER_OPTION', `Expected "${name}" of ${what} to be a function, such as takeFirst().`)
    }
  }
}
