import { nearest } from '../../../util/suggest.ts'
import { type FunctionTable, functionTable, type XPathFunction } from './function.ts'
import { hasClass } from './has-class.ts'
import { nodeFunctions } from './node-functions.ts'
import { numberFunctions } from './number-functions.ts'
import { regexpFunctions } from './regexp-functions.ts'
import { setFunctions } from './set-functions.ts'
import { stringFunctions } from './string-functions.ts'

/** What every query may use without declaring it, as in parsel, and `xml`, which XML itself binds. */
export const defaultNamespaces: Readonly<Record<string, string>> = {
  re: 'http://exslt.org/regular-expressions',
  set: 'http://exslt.org/sets',
  xml: 'http://www.w3.org/XML/1998/namespace',
}

const core = functionTable({ ...nodeFunctions, ...stringFunctions, ...numberFunctions, 'has-class': hasClass })

const byNamespace: ReadonlyMap<string, FunctionTable> = new Map([
  ['http://exslt.org/regular-expressions', regexpFunctions],
  ['http://exslt.org/sets', setFunctions],
])

/** What to write in place of functions that people bring along from XPath 2.0, XSLT or EXSLT. */
const replacements: Readonly<Record<string, string>> = {
  'ends-with': "re:test(…, '…$')",
  matches: 're:test(…)',
  replace: 're:replace(text, pattern, flags, replacement)',
  'lower-case': "translate(…, 'ABC…', 'abc…')",
  'upper-case': "translate(…, 'abc…', 'ABC…')",
  'contains-ignore-case': "re:test(…, …, 'i')",
  'string-join': 'getall() and join()',
  exists: 'boolean(…)',
  empty: 'not(…)',
  text: 'text() as a step',
}

/** The function of a name, `uri` being what its prefix stands for; or what to say about it when there is none. */
export function findFunction(uri: string | null, local: string): XPathFunction | string {
  const table = uri === null ? core : byNamespace.get(uri)
  const found = table?.[local]
  if (found !== undefined) return found
  if (table === undefined) return `there are no functions in the namespace ${JSON.stringify(uri)}`
  const instead = uri === null && Object.hasOwn(replacements, local) ? replacements[local] : undefined
  if (instead !== undefined) return `${local}() is not in XPath 1.0; use ${instead}`
  const near = nearest(local, Object.keys(table))
  return `there is no function ${local}()${near === undefined ? '' : `; did you mean ${near}()?`}`
}
