import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { placeOf } from './feed-place.ts'
import { parseOutput } from './parse-output.ts'

const names = { spiderName: 'books', startTime: new Date('2026-03-04T05:06:07.890Z') }

describe('-o and -O', () => {
  const good: readonly [value: string, uri: string, format: string][] = [
    ['items.jsonl', 'items.jsonl', 'jsonl'],
    ['items.JL', 'items.JL', 'jsonl'],
    ['a/b.json.gz', 'a/b.json.gz', 'json'],
    ['out.csv', 'out.csv', 'csv'],
    ['out.txt:csv', 'out.txt', 'csv'],
    ['out.txt:XML', 'out.txt', 'xml'],
    ['out.json:jsonlines', 'out.json', 'jsonl'],
    ['out:json', 'out', 'json'],
    ['-', '-', 'jsonl'],
    ['-:xml', '-', 'xml'],
    ['C:\\data\\out.csv', 'C:\\data\\out.csv', 'csv'],
    ['2024-01-01T10:20:30.csv', '2024-01-01T10:20:30.csv', 'csv'],
    ['file:///tmp/x.xml', 'file:///tmp/x.xml', 'xml'],
    ['a:b.json', 'a:b.json', 'json'],
  ]
  for (const [value, uri, format] of good) {
    it(`reads ${value}`, () => {
      expect(parseOutput(value, true)).toEqual({ uri, format, overwrite: true })
      expect(parseOutput(value, false)).toEqual({ uri, format, overwrite: false })
    })
  }

  const bad: readonly [value: string, message: RegExp][] = [
    ['', /-O "" names no file/],
    [':csv', /names no file/],
    ['out.txt', /ends in \.txt.*out\.txt:jsonl/],
    ['out', /has no extension/],
    ['.gz', /format is not known/],
    ['out.txt:cvs', /"cvs" is no format of feeds. There are/],
    ['out.txt:xmll', /did you mean xml\?/],
    ['C:notes', /has no extension/],
    ['-:yaml', /"yaml" is no format of feeds/],
    ['dir.json/out', /has no extension/],
  ]
  for (const [value, message] of bad) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      expect(() => parseOutput(value, true)).toThrow(
        expect.objectContaining({ name: 'UsageError', message: expect.stringMatching(message) }),
      )
    })
  }
})

describe('where a feed goes', () => {
  it('fills in the name of the spider and the time', () => {
    expect(placeOf({ uri: 'out/%(name)s-%(time)s.csv.gz' }, names)).toEqual({
      path: resolve('out/books-2026-03-04T05-06-07+00-00.csv.gz'),
      format: 'csv',
      gzip: true,
    })
  })

  it('does not fill in what the spider is named', () => {
    expect(placeOf({ uri: '%(name)s.json' }, { ...names, spiderName: '$&%(time)s' }).path).toBe(resolve('$&%(time)s.json'))
  })

  it('takes file URLs for the files they name', () => {
    expect(placeOf({ uri: 'file:///tmp/a%20b.xml' }, names).path).toBe('/tmp/a b.xml')
  })

  for (const uri of ['s3://bucket/x.json', 'ftp://host/x.csv', 'file://elsewhere/x.json', '%(batch)s.json', 'x\0y.json', '']) {
    it(`refuses ${JSON.stringify(uri)}`, () => {
      expect(() => placeOf({ uri }, names)).toThrow(expect.objectContaining({ name: 'UsageError', code: 'ERR_FEED_URI' }))
    })
  }
})
