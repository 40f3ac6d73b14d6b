import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkKey, portableKey, shortKey } from './object-key.ts'

describe('checkKey', () => {
  it('takes relative names', () => {
    for (const key of ['a', 'full/a.jpg', '.hidden', 'a..b', '...', 'thumbs/small/é.jpg', 'a b']) checkKey(key, 'here')
  })

  it('refuses what leads elsewhere, and says which and why', () => {
    const wrong = ['', '/a', 'a//b', 'a/', '../a', 'a/../b', 'a/..', '.', './a', 'a/./b', 'a\0b', 'a\\..\\b', 'C:/a', '\0']
    for (const key of wrong) {
      expect(() => checkKey(key, '/data'), JSON.stringify(key)).toThrow(
        expect.objectContaining({ code: 'ERR_STORAGE_KEY', message: expect.stringContaining('/data') }),
      )
    }
    expect(() => checkKey(`/${'x'.repeat(10_000)}`, '/data')).toThrow(/^.{1,250}$/)
  })
})

describe('portableKey', () => {
  it('leaves what is fit everywhere', () => {
    for (const key of ['full/0a1b.jpg', 'thumbs/small/x.png', 'Ein schöner Name.pdf', '日本.jpg', 'console.log', '.x'])
      expect(portableKey(key)).toBe(key)
  })

  it('changes names that one system refuses, and tells them apart', () => {
    expect(portableKey('a:b.jpg')).toMatch(/^a_b~[\da-f]{16}\.jpg$/)
    expect(portableKey('full/CON')).toMatch(/^full\/_CON~[\da-f]{16}$/)
    for (const name of [
      'con.jpg',
      'aux',
      'lpt1.tar.gz',
      'nul.',
      'end.',
      'end ',
      'tab\there',
      'what?',
      'rtl\u202egpj.exe',
      '\ud800',
    ])
      expect(portableKey(name), JSON.stringify(name)).not.toBe(name)
    expect(portableKey('a:b')).not.toBe(portableKey('a?b'))
    expect(portableKey('e\u0301.jpg')).toMatch(/^é~[\da-f]{16}\.jpg$/)
    expect(portableKey('a\ud800')).not.toBe(portableKey('a\ud801'))
  })

  it('cuts what is longer than a file name may be, and keeps the extension', () => {
    const long = portableKey(`full/${'é'.repeat(300)}.jpeg`)
    expect(Buffer.byteLength(long.slice(5))).toBeLessThanOrEqual(255)
    expect(long).toMatch(/^full\/é+~[\da-f]{16}\.jpeg$/)
    expect(portableKey(`${'x'.repeat(300)}.${'e'.repeat(500)}`)).toMatch(/^x+~[\da-f]{16}$/)
    expect(portableKey(`${'x'.repeat(300)}a`)).not.toBe(portableKey(`${'x'.repeat(300)}b`))
  })

  it('whatever it is given: fit everywhere, the same again, and two stay two', () => {
    const part = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 400 }), fc.constantFrom('con', 'NUL.txt', 'a.'))
    const name = part.filter((text) => text !== '' && !/[/\0\\]|^\.\.?$/.test(text))
    fc.assert(
      fc.property(name, name, (one, two) => {
        const key = portableKey(one)
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(255)
        expect(key).not.toMatch(/[<>:"|?*\\/\u0000-\u001f]|[. ]$|^(?:con|nul|aux|prn)(?:\.|$)/i)
        expect(portableKey(key)).toBe(key)
        if (one !== two) expect(portableKey(two).normalize('NFD')).not.toBe(key.normalize('NFD'))
        checkKey(key, 'here')
      }),
      { numRuns: 500 },
    )
  })
})

describe('shortKey', () => {
  it('keeps to what S3 takes', () => {
    expect(shortKey('a/b.jpg')).toBe('a/b.jpg')
    const short = shortKey(`${'日本/'.repeat(400)}x.jpg`)
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(1024)
    expect(short).toMatch(/^日本\/.*~[\da-f]{16}\.jpg$/)
  })
})
