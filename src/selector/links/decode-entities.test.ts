import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { expect, test } from 'vitest'
import { decodeEntities } from './decode-entities.ts'

test.each([
  ['a&amp;b&amp;', 'a&b&', 'a&b&'],
  ['&amp;lt;', '&lt;', '&lt;'],
  ['?a&copy=1&copy;2&copyx&copy', '?a&copy=1©2&copyx©', '?a©=1©2©x©'],
  ['&notit; &notin;', '&notit; ∉', '¬it; ∉'],
  ['&#x80;&#128;&#0;&#xD800;&#x110000;&#65', '€€\ufffd\ufffd\ufffdA', '€€\ufffd\ufffd\ufffdA'],
  ['&#;&#x;&;&&nosuch;', '&#;&#x;&;&&nosuch;', '&#;&#x;&;&&nosuch;'],
  ['&fjlig;&NotEqualTilde;', 'fj≂̸', 'fj≂̸'],
  ['a\r\nb\rc\0d&\0amp;', 'a\nb\nc\ufffdd&\ufffdamp;', 'a\nb\ncd&amp;'],
  ['&amp', '&', '&'],
  ['&amp=', '&amp=', '&='],
])('%j', (raw, inAttribute, inText) => {
  expect([decodeEntities(raw, true), decodeEntities(raw, false)]).toEqual([inAttribute, inText])
})

test('it agrees with parse5', () => {
  const piece = fc.constantFrom(
    '&',
    '&amp',
    '&amp;',
    '&copy',
    '&not',
    '&notin;',
    '&#',
    '&#x',
    '&#x1F600;',
    '41',
    ';',
    '=',
    'x',
    'B',
    ' ',
    "'",
    '\r',
    '\n',
    'é',
    '&AElig',
    '&ampx',
    '&lt;',
    '&CounterClockwiseContourIntegral;',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const raw = pieces.join('')
      const element = parseFragment(`<i a="${raw}">x${raw}</i>`).childNodes[0] as DefaultTreeAdapterTypes.Element
      expect(decodeEntities(raw, true)).toBe(element.attrs[0]!.value)
      expect(`x${decodeEntities(raw, false)}`).toBe((element.childNodes[0] as DefaultTreeAdapterTypes.TextNode).value)
    }),
    { numRuns: 3000 },
  )
})

test('made-up names by the thousand change nothing', () => {
  const raw = `${Array.from({ length: 20_000 }, (_, i) => `&made${i};`).join('')}&eacute;`
  expect(decodeEntities(raw, false)).toBe(raw.replace('&eacute;', 'é'))
})
