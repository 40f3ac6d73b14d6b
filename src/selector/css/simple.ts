import { attributeNamespace } from '../xpath/names.ts'
import type { Simple } from './ast.ts'
import type { Matcher, Run } from './run.ts'

type Attribute = Extract<Simple, { kind: 'attribute' }>

/** Matches a name. HTML's are in lower case, but for those of svg (`foreignObject`); a namespace counts only in XML. */
export function typeMatcher(prefix: string | undefined, name: string | undefined, html: boolean): Matcher {
  if (name === undefined) return prefix === undefined || prefix === '*' ? () => true : inNamespace(prefix, () => true)
  if (html) {
    const lower = name.toLowerCase()
    const test: Matcher = (element) => element.name === lower || (element.name === name && element.namespace !== '')
    return prefix === undefined || prefix === '*' ? test : inNamespace(prefix, test)
  }
  if (prefix === undefined) return (element) => element.name === name && element.namespace === ''
  const suffix = `:${name}`
  const test: Matcher = (element) => element.name === name || element.name.endsWith(suffix)
  return prefix === '*' ? test : inNamespace(prefix, test)
}

function inNamespace(prefix: string, test: Matcher): Matcher {
  return (element, run) => element.namespace === run.namespaces[prefix] && test(element, run)
}

/** Matches `.name`. */
export function classMatcher(name: string): Matcher {
  return (element) => {
    const value = element.attribs['class']
    return value !== undefined && (value === name || hasWord(value, name))
  }
}

/** Matches `#id`. */
export function idMatcher(id: string): Matcher {
  return (element) => element.attribs['id'] === id
}

/** Matches `[name]`, `[name=value]` and the like. */
export function attributeMatcher(attribute: Attribute, html: boolean): Matcher {
  const read = attributeReader(attribute, html)
  const test = valueTest(attribute)
  const { operator, value } = attribute
  if (operator === '!=') return (element, run) => test(read(element, run) ?? (value === '' ? '' : undefined))
  return (element, run) => {
    const found = read(element, run)
    return found !== undefined && test(found)
  }
}

type Read = (...args: Parameters<Matcher>) => string | undefined

function attributeReader({ prefix, name: written }: Attribute, html: boolean): Read {
  const name = html ? written.toLowerCase() : written
  if (prefix === undefined) {
    if (name === written) return (element) => element.attribs[name]
    return (element) => element.attribs[name] ?? (element.namespace === '' ? undefined : element.attribs[written])
  }
  const suffix = `:${written}`
  return (element, run) => {
    for (const candidate in element.attribs) {
      if (candidate === name ? prefix === '*' : candidate.endsWith(suffix) && matchesPrefix(candidate))
        return element.attribs[candidate]
    }
    return undefined

    function matchesPrefix(candidate: string): boolean {
      if (candidate.startsWith('xmlns:')) return false
      return prefix === '*' || attributeNamespace(element, candidate, html) === uriOf(run)
    }
  }

  function uriOf(run: Run): string | undefined {
    return run.namespaces[prefix as string]
  }
}

function valueTest({ operator, value: written, ignoreCase }: Attribute): (value: string | undefined) => boolean {
  if (!ignoreCase) return plainTest(operator, written)
  const test = plainTest(operator, lowerAscii(written))
  return (value) => test(value === undefined ? value : lowerAscii(value))
}

function plainTest(operator: Attribute['operator'], wanted: string): (value: string | undefined) => boolean {
  switch (operator) {
    case 'exists':
      return () => true
    case '=':
      return (value) => value === wanted
    case '!=':
      return (value) => value !== wanted
    case '~=':
      return wanted === '' || /[ \t\r\n\f]/.test(wanted) ? () => false : (value) => hasWord(value!, wanted)
    case '|=': {
      const dashed = `${wanted}-`
      return (value) => value === wanted || value!.startsWith(dashed)
    }
    case '^=':
      return wanted === '' ? () => false : (value) => value!.startsWith(wanted)
    case '$=':
      return wanted === '' ? () => false : (value) => value!.endsWith(wanted)
    case '*=':
      return wanted === '' ? () => false : (value) => value!.includes(wanted)
  }
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** Whether `word` is one of the words of `text`, as those of a class attribute: divided by white space. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length
    if ((at === 0 || isBlank(text.charCodeAt(at - 1))) && (end === text.length || isBlank(text.charCodeAt(end)))) return true
  }
  return false
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d || code === 0x0c
}
