import { SkeinError } from '../../errors.ts'
import { RecentMap } from '../../util/recent-map.ts'
import type { Compiled } from './compiled.ts'
import { Compiler } from './expression.ts'
import type { Frame } from './frame.ts'
import { defaultNamespaces } from './functions/library.ts'
import { parseXPath } from './parser.ts'
import type { XPathExpression } from './types.ts'
import { rootOf } from './walk.ts'

export { AttributeNode } from './attribute-node.ts'
export { stringValue } from './string-value.ts'
export type { XPathContextNode, XPathEnvironment, XPathExpression, XPathValue } from './types.ts'

/** A spider has a few dozen queries; one that writes values into its queries must not grow. */
const compiled = new RecentMap<string, XPathExpression>(1024)

/**
 * Compiles an XPath 1.0 expression, with EXSLT `re:` and `set:` and parsel's `has-class()`. Compiled ones are kept, so calling it again
 * with the same text costs a look-up.
 *
 * @throws SkeinError `ERR_SELECTOR` for a query that is no XPath 1.0, for an unknown function and for arguments that can never fit. A
 * prefix other than `re`, `set` and `xml` is looked up when the expression is called, and so are variables; these errors come then.
 *
 * @example
 * compileXPath('//a[contains(@href, $part)]/@href')(document, { variables: { part: '/p/' } }) // AttributeNode[]
 * compileXPath('count(//li)')(document, {}) // 3
 */
export function compileXPath(query: string): XPathExpression {
  let expression = compiled.get(query)
  if (expression === undefined) compiled.set(query, (expression = compile(query)))
  return expression
}

const none: Readonly<Record<string, never>> = Object.freeze({})

interface Bound {
  readonly uris: readonly (string | undefined)[]
  readonly compiled: Compiled
}

function compile(query: string): XPathExpression {
  if (typeof query !== 'string') {
    throw new SkeinError('ERR_SELECTOR', `an XPath query must be a string, not ${query === null ? 'null' : typeof query}`)
  }
  const { expression, prefixes } = parseXPath(query)
  const bind = (namespaces: Readonly<Record<string, string>>): Bound => ({
    uris: prefixes.map((prefix) => uriOf(prefix, namespaces)),
    compiled: new Compiler(query, { ...defaultNamespaces, ...namespaces, xml: defaultNamespaces['xml']! }).compile(expression),
  })
  // The closures have the URIs of the query's prefixes built in; most queries have no prefix, nearly all the others one set of URIs.
  let bound = prefixes.every((prefix) => Object.hasOwn(defaultNamespaces, prefix)) ? bind({}) : null
  return (context, { namespaces = none, variables = none, position = 1, size = 1 }) => {
    if (bound === null || !prefixes.every((prefix, i) => uriOf(prefix, namespaces) === bound?.uris[i])) bound = bind(namespaces)
    const root = rootOf(context)
    const html = root.type === 'root' && root.kind === 'html'
    const frame: Frame = { root, html, variables, memo: [], answers: null, foreign: false, ids: null, nested: false }
    return bound.compiled.value(context, position, size, frame)
  }
}

function uriOf(prefix: string, namespaces: Readonly<Record<string, string>>): string | undefined {
  const from = prefix !== 'xml' && Object.hasOwn(namespaces, prefix) ? namespaces : defaultNamespaces
  return Object.hasOwn(from, prefix) ? from[prefix] : undefined
}
