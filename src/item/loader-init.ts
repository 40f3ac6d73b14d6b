import { UsageError } from '../errors.ts'
import { nearest } from '../util/suggest.ts'
import type { LoaderProcessors } from './loader-definition.ts'
import type { LoaderPage, LoaderSource } from './loader-source.ts'

/** What a loader is made with. */
export interface ItemLoaderInit<T extends object> {
  /** Where values are looked for, and what messages name. */
  readonly page?: LoaderPage | undefined
  /** Where values are looked for instead: a part of the page. */
  readonly selector?: LoaderSource | undefined
  /** What the values are put into; those it has are there already, as if they had been added. @default an empty object */
  readonly item?: Partial<T> | undefined
  /** How values become fields. Best a constant beside the type: it is put together once. */
  readonly processors?: LoaderProcessors<T> | undefined
  /** Data of yours for the processors, which get it as their second argument. */
  readonly context?: Readonly<Record<string, unknown>> | undefined
}

const NAMES = ['page', 'selector', 'item', 'processors', 'context'] as const satisfies readonly (keyof ItemLoaderInit<object>)[]
/** What loaders are made with in Scrapy. */
const SCRAPY: ReadonlyMap<string, string> = new Map([['response', 'page']])

/**
 * Refuses what no loader is made with.
 *
 * @throws UsageError ERR_LOADER_OPTION
 */
export function checkInit(init: unknown): void {
  if (typeof init !== 'object' || init === null || 'css' in init) {
    throw wrong('Expected an ItemLoader to be made with an object of options: new ItemLoader({ page }).')
  }
  for (const name of Object.keys(init)) {
    if ((NAMES as readonly string[]).includes(name)) continue
    const meant = SCRAPY.get(name) ?? nearest(name, NAMES)
    const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
    throw wrong(`An ItemLoader has no option \`${name}\`.${hint} It takes ${NAMES.join(', ')}.`)
  }
  const { page, selector } = init as ItemLoaderInit<object>
  for (const [name, source] of [
    ['page', page],
    ['selector', selector],
  ] as const) {
    if (source !== undefined && typeof (source as { css?: unknown } | null)?.css !== 'function')
      throw wrong(`Expected \`${name}\` of an ItemLoader to be one that can be searched: a page of text, or a selector.`)
  }
}

function wrong(message: string): UsageError {
  return new UsageError('ERR_LOADER_OPTION', message)
}
