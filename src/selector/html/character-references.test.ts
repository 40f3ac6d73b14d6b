import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { expect, test } from 'vitest'
import { decodeReferences } from './character-references.ts'

function ofParse5(text: string, inAttribute: boolean): string {
  const [node] = parseFragment(inAttribute ? `<i a="${text}">` : `<textarea>${text}`).childNodes
  const element = node as DefaultTreeAdapterTypes.Element
  if (inAttribute) return element.attrs[0]!.value
  return (element.childNodes[0] as DefaultTreeAdapterTypes.TextNode | undefined)?.value ?? ''
}

// every name that may stand without a semicolon, names that begin like them, and the longest of all
const names =
  `AElig AMP Aacute COPY Ccedil ETH GT LT QUOT REG THORN Yacute aacute amp brvbar cent copy curren deg divide eth frac12 frac14
  frac34 gt iexcl iquest laquo lt macr micro middot nbsp not ordf ordm para plusmn pound quot raquo reg sect shy sup1 sup2 sup3 szlig thorn
  times uml yen yuml notin notinva copysr timesb centerdot ltimes gtrdot regx parallel parsim semi comma excl hellip ndash Tab NewLine
  fjlig NotEqualTilde nvlt acE bne CounterClockwiseContourIntegral CounterClockwiseContourIntegralx x amps AmP thetasym`.split(
    /\s+/,
  )

test.each([false, true])('decodes every kind of reference as parse5 does, in an attribute: %s', (inAttribute) => {
  for (const name of names) {
    for (const end of ['', ';', 'x', '=', ' ', '&', '1', ';;']) {
      const text = `x&${name}${end}`
      expect(decodeReferences(text, inAttribute), text).toBe(ofParse5(text, inAttribute))
    }
  }
  for (let code = 0; code < 0x180; code++) {
    for (const text of [`.&#${code};`, `.&#x${code.toString(16)}`, `.&#X${code.toString(16).toUpperCase()};`]) {
      expect(decodeReferences(text, inAttribute), text).toBe(ofParse5(text, inAttribute))
    }
  }
})

const part = fc.constantFrom(
  ...'& # x X ; = a 1 f F g amp lt not in it &# &#x &amp; 110000 d800 10ffff 0 é \ud800 !'.split(' '),
  '\n',
)

test('decodes any soup of references as parse5 does', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 16 }), fc.boolean(), (parts, inAttribute) => {
      // a <textarea> would lose its first line feed
      const text = `.${parts.join('')}`
      expect(decodeReferences(text, inAttribute)).toBe(ofParse5(text, inAttribute))
    }),
    { numRuns: 4000 },
  )
})

test('a text without references is the same string', () => {
  expect(decodeReferences('AT&T & co', false)).toBe('AT&T & co')
  expect(decodeReferences('', true)).toBe('')
})
