import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Selector, type SelectorList, type SelectorType } from './selector.ts'

interface Result {
  result?: unknown
  get?: unknown
  error?: string
}

interface Case {
  id: string
  type: SelectorType
  body: string
  steps: [string, string][]
  vars?: Record<string, string>
  namespaces?: Record<string, string>
  removeNamespaces?: boolean
  parserSensitive?: boolean
  numberFormatSensitive?: boolean
  expected: Result
  expectedHtml5?: Result
}

/** Cases whose recorded answer is not ours, and why. */
const exceptions: Record<string, string> = {
  'selectors-08120921de66':
    'XML with a bare & and an unknown entity: libxml2 drops them and what follows, here they stay as text',
  'selectors-7ca19d50da04': 'XML attribute without quotes: libxml2 drops it and all the rest of the document, here it counts',
}

const path = new URL('../../test/vectors/selectors.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }

describe('recorded from parsel', () => {
  test.each(cases.filter((one) => !one.numberFormatSensitive).map((one) => [one.id, JSON.stringify(one.steps), one] as const))(
    '%s %s',
    (id, _steps, one) => {
      if (id in exceptions) return
      const accepted = [one.expected, ...(one.parserSensitive && one.expectedHtml5 ? [one.expectedHtml5] : [])]
      if (accepted.some(({ error }) => error !== undefined)) {
        if (!one.parserSensitive) expect(() => run(one)).toThrow()
        return
      }
      const actual = run(one)
      const wanted = accepted.map(({ result }) => result)
      expect(wanted.length === 1 ? wanted[0] : wanted).toEqual(wanted.length === 1 ? actual : expect.arrayContaining([actual]))
    },
  )
})

function run({ body, type, steps, vars, namespaces, removeNamespaces }: Case): unknown {
  const page = new Selector({ text: body, type, ...(namespaces && { namespaces }) })
  if (removeNamespaces) page.removeNamespaces()
  let current: Selector<unknown> | SelectorList<unknown> = page
  for (const [kind, query] of steps) {
    switch (kind) {
      case 'css':
        current = current.css(query)
        break
      case 'xpath':
        current = current.xpath(query, vars)
        break
      case 'jmespath':
        current = current.jmespath(query)
        break
      case 're':
        return current.re(query)
      case 're_first':
        return current.reFirst(query) ?? null
      case 'attrib':
        return current.attrib
      default:
        throw new Error(`unknown step ${kind}`)
    }
  }
  return current.getall()
}
