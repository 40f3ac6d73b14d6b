import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatOf, placeOf, withoutCredentials } from './feed-place.ts'
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
    ['a.parquet', 'a.parquet', 'parquet'],
    ['a.csv.zst', 'a.csv.zst', 'csv'],
    ['a.JSONL.BR', 'a.JSONL.BR', 'jsonl'],
    ['s3://bucket/a/b.parquet', 's3://bucket/a/b.parquet', 'parquet'],
    ['s3://bucket/a/b:jsonl', 's3://bucket/a/b', 'jsonl'],
    ['ftp://me:secret@host:2121/a.xml.gz', 'ftp://me:secret@host:2121/a.xml.gz', 'xml'],
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
  const pathOf = (uri: string, spiderName = 'books'): string => placeOf({ uri }, { ...names, spiderName }).template.fill()

  it('fills in the name of the spider and the time', () => {
    expect(pathOf('out/%(name)s-%(time)s.csv.gz')).toBe(resolve('out/books-2026-03-04T05-06-07+00-00.csv.gz'))
    expect(placeOf({ uri: 'out/%(name)s-%(time)s.csv.gz' }, names)).toMatchObject({
      kind: 'file',
      format: 'csv',
      compression: 'gzip',
    })
  })

  it('fills in this machine and this process', () => {
    expect(pathOf('%(host)s-%(pid)s.csv')).toBe(resolve(`${hostname()}-${process.pid}.csv`))
  })

  it('fills in the batch, as wide as it says', () => {
    const { template } = placeOf({ uri: '%(batch_id)d-%(batch_id)05d-%(batch_id)s-%(batch_time)s.csv' }, names)
    expect(template.fill({ id: 12, time: new Date('2026-01-02T03:04:05.678Z') })).toBe(
      resolve('12-00012-12-2026-01-02T03-04-05.678+00-00.csv'),
    )
    expect(template.fill({ id: 123456, time: new Date(0) })).toMatch(/123456-123456-/)
  })

  it('does not fill in what the spider is named', () => {
    expect(pathOf('%(name)s.json', '$&%(time)s')).toBe(resolve('$&%(time)s.json'))
    expect(pathOf('out/%(name)s.json', '../../a\\b')).toBe(resolve('out/.._.._a_b.json'))
  })

  it('takes file URLs for the files they name', () => {
    expect(pathOf('file:///tmp/a%20b.xml')).toBe('/tmp/a b.xml')
    expect(pathOf('file:///tmp/%(name)s%20b.xml')).toBe('/tmp/books b.xml')
  })

  it('takes servers apart', () => {
    expect(placeOf({ uri: 's3://bucket/a/b/%(name)s/x.json' }, names)).toMatchObject({ kind: 's3', server: 's3://bucket/a/b/' })
    expect(pathOf('s3://bucket/a/b/%(name)s/x.json')).toBe('books/x.json')
    expect(placeOf({ uri: 'ftp://me:s%40@host:21/a/x.json' }, names)).toMatchObject({
      kind: 'ftp',
      server: 'ftp://me:s%40@host:21',
    })
    expect(pathOf('ftp://me:s%40@host:21/a/x.json')).toBe('/a/x.json')
  })

  for (const uri of [
    'gs://bucket/x.json',
    'http://me:secret@host/x.csv',
    'file://elsewhere/x.json',
    '%(batch)s.json',
    '%(name)d.json',
    '%(batch_time)05d.json',
    'x\0y.json',
    '',
    's3://bucket/a/../x.json',
    's3://bucket//x.json',
    's3:///x.json',
    'ftp://me:secret@host/./x.json',
    'ftp://me:se/secret@host/x.json',
    's3://KEY:se/cret/secret@bucket/x.json',
  ]) {
    it(`refuses ${JSON.stringify(uri)}`, () => {
      expect(() => placeOf({ uri }, names)).toThrow(
        expect.objectContaining({ name: 'UsageError', code: 'ERR_FEED_URI', message: expect.not.stringContaining('secret') }),
      )
    })
  }

  it('tells no password when a format is not known', () => {
    for (const uri of ['ftp://me:secret@host/x', 's3://KEY:a/secret@bucket/x.txt']) {
      expect(() => formatOf({ uri })).toThrow(
        expect.objectContaining({ code: 'ERR_FEED_FORMAT', message: expect.not.stringContaining('secret') }),
      )
    }
    expect(withoutCredentials('s3://bucket/a@b.json')).toBe('s3://bucket/a@b.json')
    expect(withoutCredentials('ftp://host:21/a@b.json')).toBe('ftp://host:21/a@b.json')
  })

  it('refuses to compress what cannot be', () => {
    for (const options of [
      { uri: 'x.parquet.gz' },
      { uri: 'x.parquet', compression: 'zstd' },
      { uri: '-', compression: 'gzip' },
    ] as const) {
      expect(() => placeOf(options, names)).toThrow(expect.objectContaining({ code: 'ERR_FEED_COMPRESSION' }))
    }
  })
})
