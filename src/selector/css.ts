import { SkeinError } from '../errors.ts'
import { RecentMap } from '../util/recent-map.ts'
import type { CssSelector, PseudoElement, Simple } from './css/ast.ts'
import { compileSelector, leavesScope } from './css/compile.ts'
import { parseCss } from './css/parse.ts'
import type { Matcher, Run } from './css/run.ts'
import { mergeInOrder, searchAttributes, searchElements, searchTexts } from './css/search.ts'
import type { Document, Element, Text } from './dom.ts'
import type { AttributeNode } from './xpath/attribute-node.ts'

/** What a CSS selector finds: elements, `::text` texts, `::attr()` attributes. */
export type CssMatch = Element | Text | AttributeNode

/**
 * Finds everything that a selector matches in `scope` and below, in document order and each once.
 *
 * @param namespaces URI by prefix, for `prefix|name`
 * @throws SkeinError `ERR_SELECTOR` for a prefix that `namespaces` does not have
 */
export type CssSearch = (scope: Element | Document, namespaces: Readonly<Record<string, string>>) => CssMatch[]

// A spider has dozens of selectors; one that makes its selectors out of data must not fill the heap.
const compiled = { html: new RecentMap<string, CssSearch>(1024), xml: new RecentMap<string, CssSearch>(1024) }

/**
 * Compiles a CSS selector, or takes it from those used last.
 *
 * The meaning is that of parsel: the search begins at the scope itself (`li` finds the scope when it is an `li`), the whole selector
 * must match inside of it, and in XML a name without prefix means an element without namespace.
 *
 * @throws SkeinError `ERR_SELECTOR`, with the place and what was expected there
 *
 * @example
 * compileCss('.price::text', 'html')(document, {})
 */
export function compileCss(query: string, kind: 'html' | 'xml'): CssSearch {
  let search = compiled[kind].get(query)
  if (search === undefined) compiled[kind].set(query, (search = compile(query, kind === 'html')))
  return search
}

/** Selectors that take the same from what they match, as one. */
interface Branch {
  pseudoElement: PseudoElement | undefined
  matches: Matcher
}

function compile(query: string, html: boolean): CssSearch {
  const selectors = parseCss(query)
  const beyond = selectors.some(leavesScope)
  const branches = new Map<string, Branch>()
  for (const selector of selectors) {
    const matches = compileSelector(selector, { query, html }, beyond)
    const key = JSON.stringify(selector.pseudoElement ?? null)
    const branch = branches.get(key)
    if (branch === undefined) branches.set(key, { pseudoElement: selector.pseudoElement, matches })
    else {
      const earlier = branch.matches
      branch.matches = (element, run) => earlier(element, run) || matches(element, run)
    }
  }
  const prefixes = [...new Set(prefixesOf(selectors))]
  const searches = [...branches.values()].map((branch) => branchSearch(branch, beyond, html))
  const only = searches.length === 1 ? searches[0] : undefined
  return (scope, namespaces) => {
    for (const prefix of prefixes) if (!Object.hasOwn(namespaces, prefix)) throw unknownPrefix(query, prefix, namespaces)
    if (only !== undefined) return only({ scope, namespaces, memo: undefined })
    return mergeInOrder(searches.map((search) => search({ scope, namespaces, memo: undefined })))
  }
}

function branchSearch({ pseudoElement, matches }: Branch, beyond: boolean, html: boolean): (run: Run) => CssMatch[] {
  switch (pseudoElement?.kind) {
    case undefined:
      return (run) => searchElements(run, matches, beyond)
    case 'text':
      return (run) => searchTexts(run, matches, beyond, pseudoElement.deep)
    case 'attribute':
      return (run) => searchAttributes(run, matches, beyond, pseudoElement, html)
  }
}

function* prefixesOf(selectors: CssSelector[]): Generator<string> {
  const pending: Simple[][] = selectors.flatMap((selector) => selector.compounds)
  for (let compound = pending.pop(); compound !== undefined; compound = pending.pop()) {
    for (const simple of compound) {
      if ((simple.kind === 'type' || simple.kind === 'attribute') && simple.prefix !== undefined && simple.prefix !== '*')
        yield simple.prefix
      if (simple.kind === 'is' || simple.kind === 'not' || simple.kind === 'has') {
        for (const complex of simple.list) pending.push(...complex.compounds)
      }
    }
  }
}

function unknownPrefix(query: string, prefix: string, namespaces: Readonly<Record<string, string>>): SkeinError {
  const known = Object.keys(namespaces).join(', ') || 'none'
  return new SkeinError(
    'ERR_SELECTOR',
    `CSS selector ${JSON.stringify(query)}: the namespace prefix ${JSON.stringify(prefix)} is not known (known: ${known}). ` +
      `Tell it with registerNamespace(${JSON.stringify(prefix)}, uri), or write *|name for any namespace.`,
  )
}
