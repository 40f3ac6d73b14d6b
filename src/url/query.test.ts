import { describe, expect, it } from 'vitest'
import { addOrReplaceParameter, addOrReplaceParameters, urlQueryCleaner, urlQueryParameter } from './query.ts'

describe('urlQueryCleaner', () => {
  it('keeps the named parameters, each once', () => {
    expect(urlQueryCleaner('p?id=1&a=2&id=3&b=4#f', ['id', 'b'])).toBe('p?id=1&b=4')
    expect(urlQueryCleaner('p?id=1&id=3', 'id', { unique: false })).toBe('p?id=1&id=3')
    expect(urlQueryCleaner('p?id=1&a=2')).toBe('p')
    expect(urlQueryCleaner('p?=1&a', '')).toBe('p')
    expect(urlQueryCleaner('p?&&id&id=2', ['id'])).toBe('p?id')
  })

  it('removes the named parameters', () => {
    expect(urlQueryCleaner('p?id=1&a=2&b=3', ['id', 'b'], { remove: true })).toBe('p?a=2')
    expect(urlQueryCleaner('p?id=1', 'id', { remove: true })).toBe('p')
    expect(urlQueryCleaner('p?a=1&a=2', [], { remove: true })).toBe('p?a=1')
  })

  it('compares names as they are written', () => {
    expect(urlQueryCleaner('p?%61=1&a=2', ['a'])).toBe('p?a=2')
  })

  it('splits at the separators it is given', () => {
    const options = { separator: ';', keyValueSeparator: ':' }
    expect(urlQueryCleaner('p?a:1;b:2&c', ['b'], options)).toBe('p?b:2&c')
  })

  it('keeps the fragment when asked, and writes an empty one where nothing is cleaned', () => {
    expect(urlQueryCleaner('p?a=1#f', ['a'], { keepFragments: true })).toBe('p?a=1#f')
    expect(urlQueryCleaner('p?a=1#', ['a'], { keepFragments: true })).toBe('p?a=1')
    expect(urlQueryCleaner('p#f?a=1', ['a'], { keepFragments: true })).toBe('p#f?a=1')
    expect(urlQueryCleaner('p', ['a'], { keepFragments: true })).toBe('p#')
  })
})

describe('urlQueryParameter', () => {
  it('decodes the first parameter of the name that has a value', () => {
    expect(urlQueryParameter('p?a=&a=%C3%BC+b%2B&a=2', 'a')).toBe('ü b+')
    expect(urlQueryParameter('p?%C3%A9=1', 'é')).toBe('1')
    expect(urlQueryParameter('p?a=1', 'b')).toBeUndefined()
    expect(urlQueryParameter('p?a=b=c', 'a')).toBe('b=c')
  })

  it('answers a blank value when asked', () => {
    expect(urlQueryParameter('p?a', 'a')).toBeUndefined()
    expect(urlQueryParameter('p?a', 'a', { keepBlankValues: true })).toBe('')
  })

  it('refuses what it cannot decode, rather than answer with other text', () => {
    expect(() => urlQueryParameter('p?a=%E9', 'a')).toThrow('Invalid URL "p?a=%E9": the value of "a" is not UTF-8.')
    expect(() => urlQueryParameter('http://h:x/?a=1', 'a')).toThrow('the port "x" is not a number')
    expect(() => urlQueryParameter('http://h:8\x1f/?a=1', 'a')).toThrow('is not a number')
  })
})

describe('addOrReplaceParameter', () => {
  it('replaces the first and drops the others of the name', () => {
    expect(addOrReplaceParameter('http://h/?a=1&b=2&a=3#f', 'a', 'é&=')).toBe('http://h/?a=%C3%A9%26%3D&b=2#f')
  })

  it('adds at the end, and writes the query anew', () => {
    expect(addOrReplaceParameter('http://h/p?x=1;y&&z', 'a b', '')).toBe('http://h/p?x=1%3By&z=&a+b=')
    expect(addOrReplaceParameter('http://h', 'a', '1')).toBe('http://h?a=1')
  })

  it('sets several, named as anything', () => {
    expect(addOrReplaceParameters('p?b=1&c=2', { c: '3', __proto__x: '4', b: '5' })).toBe('p?b=5&c=3&__proto__x=4')
    expect(addOrReplaceParameter('p', '__proto__', '1')).toBe('p?__proto__=1')
  })

  it('keeps bytes that are not UTF-8', () => {
    expect(addOrReplaceParameter('p?q=%E9', 'a', '1')).toBe('p?q=%E9&a=1')
  })
})
