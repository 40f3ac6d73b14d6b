import { describe, expect, test } from 'vitest'
import { SkeinError } from '../errors.ts'
import { extractRegex } from './regex.ts'

function find(pattern: string | RegExp, text: string): string[] {
  return extractRegex(pattern, text, true)
}

// every answer is that of Python 3.11 through parsel, where Python has one
describe('patterns of Python', () => {
  test.each<[string, string, string[]]>([
    ['\\d+', 'a1 b22', ['1', '22']],
    ['(\\d),(\\d+)', '1,23 4,5', ['1', '23', '4', '5']],
    ['(a)|(b)', 'ab', ['a', '', '', 'b']],
    ['(\\d)?', '1', ['1', '']],
    ['(?P<extract>\\d+)-(\\d+)', '1-2 3-4', ['1']],
    ['x(?P<extract>\\d)?', 'x', []],
    ['(?P<q>["\'])(.*?)(?P=q)', `a "b'c" 'd'`, ['"', "b'c", "'", 'd']],
    ['(\\w)\\1', 'aab bcc', ['a', 'c']],
    ['\\w+', 'Äöü_1 日本 x-y', ['Äöü_1', '日本', 'x', 'y']],
    ['\\d+', '12 ٣٤', ['12', '٣٤']],
    ['\\s', 'a\xa0b\x1cc\ufeff', ['\xa0', '\x1c']],
    ['\\bé', 'é aé', ['é']],
    ['\\Bb', 'b ab', ['b']],
    ['.+', 'a\rb\u2028c\nd', ['a\rb\u2028c', 'd']],
    ['^.', 'ab\ncd', ['a']],
    ['(?m)^.', 'ab\ncd\rx', ['a', 'c']],
    ['.$', 'ab\ncd\n', ['d']],
    ['(?m).$', 'ab\ncd', ['b', 'd']],
    ['\\A.|.\\Z', 'ab\n', ['a']],
    ['(?s)a(.*)b', 'a\nb', ['\n']],
    ['(?i)ABC', 'abc ABC', ['abc', 'ABC']],
    ['(?i:ab)c', 'ABc abC', ['ABc']],
    ['(?i:[a-f]+)x', 'ABx ABX', ['ABx']],
    ['(?i)(?-i:a)b', 'aB AB', ['aB']],
    ['(?x) \\d + # digits\n (?# and) [ ]', '1 2', ['1 ']],
    ['a++b', 'aaab', ['aaab']],
    ['(?:a|ab)++c', 'abc', []],
    ['(a)(?>b|bc)(d)\\2', 'abdd abcd', ['a', 'd']],
    ['[]x]+', 'a]x', [']x']],
    ['[^]x]+', 'a]x', ['a']],
    ['[a\\-z&&~~]+', 'a-z&~m', ['a-z&~']],
    ['[^\\W\\d]+', 'a1_é', ['a', '_é']],
    ['[\\b]', 'a\b', ['\b']],
    ['x{', 'x{', ['x{']],
    ['a{,2}', 'aaa', ['aa', 'a', '']],
    ['{a}', '{a}', ['{a}']],
    ['\\x41\\u00e9\\101\\-\\/', 'AéA-/', ['AéA-/']],
    ['\\U0001F600+', '😀😀', ['😀😀']],
    ['\\Z', 'a😀b', ['']],
    ['\\A', 'a😀b', ['']],
    ['$', 'a😀b\n', ['', '']],
    ['(?a)\\w+', 'aé', ['a']],
    ['(?<=a)b(?!c)', 'ab abc', ['b']],
    ['a*', 'ba', ['', 'a', '']],
    ['x', '', []],
  ])('%s in %j', (pattern, text, expected) => {
    expect(find(pattern, text)).toEqual(expected)
  })

  test.each([
    '(',
    ')',
    '[a',
    'a**',
    '*a',
    '(?P<1>a)',
    '(?P<a>x)(?P<a>y)',
    '\\q',
    '(?Z)',
    '(?<n>a)',
    '\\1',
    '(a\\1)',
    'a{2,1}',
    '[z-a]',
    '[\\d-z]',
    '(?P=no)',
    '(?i',
    'a(?i)b',
    'x*+*',
    '(?#c',
    '(?(1)a|b)',
    '\\x4',
    'a\\',
    '(?:'.repeat(5000),
  ])('refuses %s', (pattern) => {
    let error: unknown
    try {
      find(pattern, 'text')
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(SkeinError)
    expect((error as SkeinError).code).toBe('ERR_REGEX')
  })
})

describe('a RegExp is taken as it is', () => {
  test('whatever its flags, and without leaving a trace in it', () => {
    const sticky = /(\d)(\d)/gy
    sticky.lastIndex = 3
    expect(find(sticky, 'a12 34')).toEqual(['1', '2', '3', '4'])
    expect(sticky.lastIndex).toBe(3)
    expect(find(/A./i, 'ab ac')).toEqual(['ab', 'ac'])
    expect(find(/\w/, 'é')).toEqual([])
  })

  test('its group named extract is found wherever it stands', () => {
    expect(find(/\((a)[(](?:x)(?<=x)(?<!y)(?=b)(?<other>b)(?<extract>c)/, '(a(xbc')).toEqual(['c'])
    expect(find(/(?<extract>\d)/, '1 2')).toEqual(['1'])
    expect(find(/(?<extract>\d)?x/, 'x')).toEqual([])
  })
})

test.each<[string, string]>([
  ['&eacute;&nbsp;&Eacute;&EACUTE;', 'é\xa0Éé'],
  ['&lt;&amp;&LT;&gt;', '&lt;&amp;&LT;>'],
  ['&#233;&#xE9;&#233 &eacute', 'éé' + 'é é'],
  ['&bogus;&bogus x', '&bogus x'],
  ['&#x80;&#150;', '€–'],
  ['&#0;&#xD800;&#x110000;&#129;', '\ufffd\ufffd'],
  ['a & b', 'a & b'],
])('character references: %s', (text, expected) => {
  expect(extractRegex('(?s).+', text, true)).toEqual([expected])
  expect(extractRegex('(?s).+', text, false)).toEqual([text])
})
