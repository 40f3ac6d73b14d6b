import { SkeinError, UsageError } from '../errors.ts'
import { extractRegex } from '../selector/regex.ts'
import { type LoaderDefinition, type LoaderProcessors, loaderDefinition } from './loader-definition.ts'
import { checkInit, type ItemLoaderInit } from './loader-init.ts'
import type { LoaderMatches, LoaderPage, LoaderSource } from './loader-source.ts'
import { type LoaderContext, type Processor, toList } from './processor.ts'
import { nameOf, processorProblem, showValue } from './processor-problem.ts'

/** The name of a field of an item. */
export type FieldName<T> = keyof T & string

/** What `add` and `get` do with values before the field has them: a function, or a pattern that stands for its matches. */
export type LoaderStep<In = never> = RegExp | ((value: In, context: LoaderContext) => unknown)

/** Steps, of which the first gets the values. */
export type LoaderSteps<V> = readonly [] | readonly [first: LoaderStep<V[]>, ...others: LoaderStep[]]

/** What `load` gives: the fields that were asked for are there, the others may be. */
export type LoadedItem<T, K extends keyof T> = Partial<T> & Required<Pick<T, K>>

/**
 * Fills an item, value by value, by a definition of what is to be done with the values of each field. Values that are looked for and not there leave
 * no trace; several places may give values for one field, and its processors decide.
 *
 * Each `add` sends its values through the field's input processor and keeps what comes out; `load` sends all that was kept through the output
 * processor. Without processors a field is the list of its values.
 *
 * What a processor throws becomes ERR_LOADER, which names the field, the processor, the values and the page.
 *
 * @example
 * const book: LoaderProcessors<Book> = {
 *   in: mapCompose((text) => text.trim()),
 *   out: takeFirst(),
 *   fields: { price: { in: mapCompose((text) => text.replace('£', ''), Number) }, tags: { out: identity() } },
 * }
 *
 * const loader = new ItemLoader<Book>({ page, processors: book })
 * loader.addCss('title', 'h1::text').addCss('price', '.price::text').addCss('tags', '.tag::text').addValue('url', page.url)
 * yield loader.load('title', 'url')
 */
export class ItemLoader<T extends object> {
  readonly #source: LoaderSource | undefined
  readonly #page: LoaderPage | undefined
  readonly #definition: LoaderDefinition
  readonly #given: Readonly<Record<string, unknown>> | undefined
  readonly #processors: LoaderProcessors<T> | undefined
  /** Nested loaders have those of the loader they are of. */
  #item: Partial<T>
  #values = new Map<string, unknown[]>()
  #context: LoaderContext | undefined

  /** @throws UsageError ERR_LOADER_OPTION for an option that there is not, and for a page or processors that are none */
  constructor(init: ItemLoaderInit<T> = {}) {
    checkInit(init)
    const { page, selector, item, processors, context } = init
    this.#page = page
    this.#source = selector ?? page
    this.#processors = processors
    this.#definition = loaderDefinition(processors)
    this.#given = context
    this.#item = item ?? {}
    for (const [name, value] of Object.entries(this.#item)) this.#keep(name, value)
  }

  /** Adds what a CSS selector finds. */
  addCss(field: FieldName<T>, query: string, ...steps: LoaderSteps<string>): this {
    return this.addValue(field, this.#from('addCss').css(query).getall(), ...steps)
  }

  /** Adds what an XPath expression finds. */
  addXPath(field: FieldName<T>, query: string, ...steps: LoaderSteps<string>): this {
    return this.addValue(field, this.#from('addXPath').xpath(query).getall(), ...steps)
  }

  /** Adds what a JMESPath expression finds. */
  addJmes(field: FieldName<T>, query: string, ...steps: LoaderSteps<unknown>): this {
    return this.addValue(field, this.#from('addJmes').jmespath(query).getall(), ...steps)
  }

  /** Adds a value, or the values of a list. Undefined and null are none. */
  addValue<V>(field: FieldName<T>, value: V | readonly V[] | null | undefined, ...steps: LoaderSteps<V>): this {
    this.#add(field, this.#taken(field, toList(value), steps))
    return this
  }

  /** As `addCss`, in place of what the field had, also where nothing is found. */
  replaceCss(field: FieldName<T>, query: string, ...steps: LoaderSteps<string>): this {
    return this.replaceValue(field, this.#from('replaceCss').css(query).getall(), ...steps)
  }

  /** As `addXPath`, in place of what the field had, also where nothing is found. */
  replaceXPath(field: FieldName<T>, query: string, ...steps: LoaderSteps<string>): this {
    return this.replaceValue(field, this.#from('replaceXPath').xpath(query).getall(), ...steps)
  }

  /** As `addJmes`, in place of what the field had, also where nothing is found. */
  replaceJmes(field: FieldName<T>, query: string, ...steps: LoaderSteps<unknown>): this {
    return this.replaceValue(field, this.#from('replaceJmes').jmespath(query).getall(), ...steps)
  }

  /** As `addValue`, in place of what the field had. Undefined and null, of a step too, replace nothing; an empty list does. */
  replaceValue<V>(field: FieldName<T>, value: V | readonly V[] | null | undefined, ...steps: LoaderSteps<V>): this {
    const taken = isNothing(value) ? undefined : this.#taken(field, toList(value), steps)
    if (isNothing(taken)) return this
    this.#values.delete(field)
    this.#add(field, taken)
    return this
  }

  /** What a CSS selector finds, sent through steps; no field gets it. */
  getCss(query: string): string[]
  getCss<R>(query: string, step: (values: string[], context: LoaderContext) => R): R | undefined
  getCss(query: string, ...steps: LoaderSteps<string>): unknown
  getCss(query: string, ...steps: LoaderSteps<string>): unknown {
    return this.#taken(undefined, this.#from('getCss').css(query).getall(), steps)
  }

  /** What an XPath expression finds, sent through steps; no field gets it. */
  getXPath(query: string): string[]
  getXPath<R>(query: string, step: (values: string[], context: LoaderContext) => R): R | undefined
  getXPath(query: string, ...steps: LoaderSteps<string>): unknown
  getXPath(query: string, ...steps: LoaderSteps<string>): unknown {
    return this.#taken(undefined, this.#from('getXPath').xpath(query).getall(), steps)
  }

  /** What a JMESPath expression finds, sent through steps; no field gets it. */
  getJmes(query: string, ...steps: LoaderSteps<unknown>): unknown {
    return this.#taken(undefined, this.#from('getJmes').jmespath(query).getall(), steps)
  }

  /** A value sent through steps; no field gets it. */
  getValue<V>(value: V | readonly V[] | null | undefined, ...steps: LoaderSteps<V>): unknown {
    return this.#taken(undefined, toList(value), steps)
  }

  /** A loader for a part of the page. It fills the same item: what is added to one is there in the other. */
  nestedCss(query: string, context?: Readonly<Record<string, unknown>>): ItemLoader<T> {
    return this.#nested(this.#from('nestedCss').css(query), context)
  }

  /** As `nestedCss`, by an XPath expression. */
  nestedXPath(query: string, context?: Readonly<Record<string, unknown>>): ItemLoader<T> {
    return this.#nested(this.#from('nestedXPath').xpath(query), context)
  }

  /** What a field has so far, behind its input processor. */
  collected(field: FieldName<T>): readonly unknown[] {
    return [...(this.#values.get(field) ?? [])]
  }

  /** What a field would be in the item now; undefined when it would not be there. */
  output<K extends FieldName<T>>(field: K): T[K] | undefined {
    return this.#output(field, this.#values.get(field) ?? []) as T[K] | undefined
  }

  /**
   * The item. Fields of which nothing was found, or whose output processor gave undefined or null, are not in it.
   *
   * @param required fields that have to be there, which the type of the item knows then
   * @throws SkeinError ERR_LOADER when one of them is not there, or when a processor fails
   */
  load<K extends FieldName<T> = never>(...required: readonly K[]): LoadedItem<T, K> {
    const item = this.#item as Record<string, unknown>
    for (const [field, values] of this.#values) {
      const value = this.#output(field, values)
      if (!isNothing(value)) item[field] = value
    }
    const missing = required.filter((field) => item[field] === undefined)
    if (missing.length === 0) return item as LoadedItem<T, K>
    const names = missing.map((field) => `"${field}"`).join(', ')
    throw new SkeinError(
      'ERR_LOADER',
      `Nothing was found for ${names}${this.#where()}. Expected a value, as load() was told that ${missing.length === 1 ? 'it has' : 'they have'} to be there.`,
    )
  }

  #nested(selector: LoaderMatches, context: Readonly<Record<string, unknown>> | undefined): ItemLoader<T> {
    const given = context === undefined ? this.#given : { ...this.#given, ...context }
    const nested = new ItemLoader<T>({ page: this.#page, selector, processors: this.#processors, context: given })
    nested.#item = this.#item
    nested.#values = this.#values
    return nested
  }

  #from(method: string): LoaderSource {
    if (this.#source !== undefined) return this.#source
    throw new UsageError(
      'ERR_LOADER_OPTION',
      `${method}() has nothing to search in. Expected the loader to be made with a page or a selector: new ItemLoader({ page }).`,
    )
  }

  /** What is left of values behind steps, which end at nothing. */
  #taken(field: string | undefined, values: readonly unknown[], steps: readonly LoaderStep[]): unknown {
    let value: unknown = values
    for (const step of steps) {
      if (isNothing(value)) return undefined
      if (!(step instanceof RegExp) && typeof step !== 'function') {
        throw new UsageError(
          'ERR_LOADER_OPTION',
          `A step is ${showValue(step)}. Expected a function, or a regular expression: /[\\d.]+/.`,
        )
      }
      value = step instanceof RegExp ? matchesOf(step, value) : this.#run(step, value, field, 'a step')
    }
    return value
  }

  #add(field: string, value: unknown): void {
    const values = toList(value)
    if (values.length === 0) return
    const { in: process } = this.#definition(field)
    this.#keep(field, process === undefined ? values : this.#run(process, values, field, 'its input processor'))
  }

  #keep(field: string, value: unknown): void {
    const values = toList(value)
    if (values.length === 0) return
    const kept = this.#values.get(field)
    if (kept === undefined) this.#values.set(field, [...values])
    else for (const one of values) kept.push(one)
  }

  #output(field: string, values: readonly unknown[]): unknown {
    const { out } = this.#definition(field)
    if (out !== undefined) return this.#run(out, values, field, 'its output processor')
    return values.length === 0 ? undefined : [...values]
  }

  #run(process: Processor, value: unknown, field: string | undefined, role: string): unknown {
    this.#context ??= { ...this.#given, page: this.#page, selector: this.#source, item: this.#item }
    try {
      const result = process(value as never, this.#context)
      // what makes a processor, in place of one: takeFirst for takeFirst()
      if (typeof result === 'function') throw new TypeError(`it gave a function; is it to be called, as in ${nameOf(process)}()?`)
      return result
    } catch (cause) {
      const { message } = processorProblem(nameOf(process), value, cause)
      const what = field === undefined ? `A value${this.#where()}` : `The field "${field}"${this.#where()}`
      throw new SkeinError('ERR_LOADER', `${what} cannot be loaded: ${role} ${message}`, { cause })
    }
  }

  #where(): string {
    return this.#page === undefined ? '' : ` of ${this.#page.url}`
  }
}

function matchesOf(pattern: RegExp, value: unknown): string[] {
  return toList(value)
    .filter((one) => !isNothing(one))
    .flatMap((one) => extractRegex(pattern, typeof one === 'object' ? JSON.stringify(one) : String(one), true))
}

function isNothing(value: unknown): value is undefined | null {
  return value === undefined || value === null
}
