import { nearest } from '../../util/suggest.ts'
import type { Element } from '../dom.ts'
import { nextElement, parentElement, previousElement } from './combine.ts'
import { cssError } from './css-error.ts'
import { nthMatcher } from './position.ts'
import type { Matcher } from './run.ts'

const never: Matcher = () => false
const first = { kind: 'nth', step: 0, offset: 1, ofType: true } as const
const firstOfType = nthMatcher({ ...first, fromEnd: false })
const lastOfType = nthMatcher({ ...first, fromEnd: true })

/** The pseudo-classes without argument. Where a page has no such state (`:hover`), none matches. */
const pseudoClasses: Record<string, Matcher> = {
  root: (element) => parentElement(element) === null,
  scope: (element, { scope }) => element === scope || (scope.type === 'root' && element.parent === scope),
  'first-child': (element) => previousElement(element) === null,
  'last-child': (element) => nextElement(element) === null,
  'only-child': (element) => previousElement(element) === null && nextElement(element) === null,
  'first-of-type': firstOfType,
  'last-of-type': lastOfType,
  'only-of-type': (element, run) => firstOfType(element, run) && lastOfType(element, run),
  // XPath's view of emptiness, which is level 3's: comments do not count
  empty: (element) =>
    element.children.every(
      (child) => child.type === 'comment' || child.type === 'directive' || (child.type === 'text' && child.data === ''),
    ),
  visited: never,
  hover: never,
  active: never,
  focus: never,
  target: never,
  link: never,
  checked: never,
  disabled: never,
  enabled: never,
}

const links = new Set(['a', 'link', 'area'])
const controls = new Set(['input', 'button', 'select', 'textarea'])

/** Those that have a meaning in HTML only. */
const htmlPseudoClasses: Record<string, Matcher> = {
  link: (element) => links.has(element.name) && 'href' in element.attribs,
  checked: ({ name, attribs }) =>
    name === 'option'
      ? 'selected' in attribs
      : name === 'input' && 'checked' in attribs && /^(?:checkbox|radio)$/i.test(attribs['type'] ?? ''),
  disabled: (element) => isControl(element) && isDisabled(element),
  enabled: (element) => isControl(element) && !isDisabled(element),
}

/** The matcher of `:name` at index `at` of `query`. */
export function pseudoMatcher(name: string, at: number, query: string, html: boolean): Matcher {
  const matcher = (html && Object.hasOwn(htmlPseudoClasses, name) ? htmlPseudoClasses : pseudoClasses)[name]
  if (matcher !== undefined && Object.hasOwn(pseudoClasses, name)) return matcher
  const guess = nearest(name, Object.keys(pseudoClasses))
  throw cssError(query, at, `a known pseudo-class (:${name} is none${guess ? `; did you mean :${guess}?` : ''})`)
}

function isControl({ name }: Element): boolean {
  return controls.has(name) || name === 'fieldset' || name === 'optgroup' || name === 'option'
}

// https://html.spec.whatwg.org/multipage/semantics-other.html#concept-element-disabled
function isDisabled(element: Element): boolean {
  if ('disabled' in element.attribs) return true
  if (element.name === 'option') {
    const group = parentElement(element)
    return group?.name === 'optgroup' && 'disabled' in group.attribs
  }
  if (!controls.has(element.name)) return false
  for (let inside = element, at = parentElement(element); at !== null; inside = at, at = parentElement(at)) {
    if (at.name === 'fieldset' && 'disabled' in at.attribs && !(inside.name === 'legend' && isFirstLegend(inside))) return true
  }
  return false
}

function isFirstLegend(legend: Element): boolean {
  for (let at = previousElement(legend); at !== null; at = previousElement(at)) if (at.name === 'legend') return false
  return true
}
