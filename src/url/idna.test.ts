import { describe, expect, it } from 'vitest'
import { idnaToAscii } from './idna.ts'
import { punycode } from './punycode.ts'

describe('idnaToAscii', () => {
  it.each([
    ['bücher.de', 'xn--bcher-kva.de'],
    ['faß.de', 'fass.de'],
    ['a。b．c｡', 'a.b.c.'],
    ['ü.', 'xn--tda.'],
    ['\u00adü\u200d', 'xn--tda'],
    ['ᾷ', 'xn--uxa344l'],
    ['شبكة', 'xn--ngbc5azd'],
    [`${'a'.repeat(63)}.ü`, `${'a'.repeat(63)}.xn--tda`],
  ])('writes %j', (host, expected) => expect(idnaToAscii(host)).toBe(expected))

  it.each([
    'ü..de',
    '.ü',
    '。',
    '\u00ad.ü',
    `${'a'.repeat(64)}.ü`,
    'ü'.repeat(60),
    'ü'.repeat(1e6),
    'xn--ü',
    // C.1.2, C.2.2, C.3, C.4, C.5, C.6, C.7, C.8, C.9
    'ü\u1680',
    'ü\u0080',
    'ü\ue000',
    'ü\ufdd0',
    'ü\ud800',
    'ü\ufffd',
    'ü\u2ff0',
    'ü\u200e',
    'ü\u{e0001}',
    // Right-to-left text must not meet left-to-right letters, nor begin or end with a digit.
    'אa',
    'ü\u05d0',
    '1א',
    'א1',
  ])('has nothing for %j', (host) => expect(idnaToAscii(host)).toBeUndefined())
})

describe('punycode', () => {
  // RFC 3492 §7.1, the samples without capitals.
  it.each([
    ['他们为什么不说中文', 'ihqwcrb4cv8a8dqg056pqjye'],
    ['почемужеонинеговорятпорусски', 'b1abfaaepdrnnbgefbadotcwatmq2g4l'],
    ['3年b組金八先生', '3b-ww4c5e180e575a65lsy2b'],
    ['-> $1.00 <-', '-> $1.00 <--'],
    ['💩', 'ls8h'],
  ])('writes %j', (label, expected) => expect(punycode(label)).toBe(expected))
})
