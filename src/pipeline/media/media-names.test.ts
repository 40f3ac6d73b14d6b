import { describe, expect, it } from 'vitest'
import { Request } from '../../http/request.ts'
import { checkKey, portableKey } from '../../storage/object-key.ts'
import { urlExtension, urlName } from './media-names.ts'

describe('urlName', () => {
  it('is Scrapy’s for a URL', () => {
    // hashlib.sha1(b'https://www.example.com/pictures/a.jpg').hexdigest()
    expect(urlName(new Request('https://www.example.com/pictures/a.jpg'))).toBe('1372f61d1388d2a4c5224e1338bc6f8622343543')
  })

  it('tells requests apart that are more than their URL', () => {
    const url = 'https://example.com/report'
    const names = [
      new Request(url),
      new Request(url, { method: 'POST' }),
      new Request(url, { method: 'POST', body: 'a' }),
      new Request(url, { method: 'POST', body: 'b' }),
    ].map(urlName)
    expect(new Set(names).size).toBe(4)
  })
})

describe('urlExtension', () => {
  it('is that of the path, if it is known', () => {
    for (const [url, extension] of [
      ['https://example.com/a.jpg', '.jpg'],
      ['https://example.com/a.JPEG?x=1.png#y.gif', '.jpeg'],
      ['https://example.com/a.tar.gz', '.gz'],
      ['https://example.com/a', ''],
      ['https://example.com', ''],
      ['https://example.jpg', ''],
      ['https://example.com/a.php', ''],
      ['https://example.com/a.jpg.php', ''],
      ['https://example.com/a.jpg%00.php', ''],
      ['https://example.com/a.jpg/', '.jpg'],
      ['https://example.com/a.jpg/./', '.jpg'],
      ['https://example.com/a.pdf;v=1', '.pdf'],
      ['https://example.com/.jpg', ''],
      ['https://example.com/a.html', '.html'],
      ['https://example.com/get?file=b.pdf', '.pdf'],
      ['https://example.com/get.php?file=/x/b.PDF', '.pdf'],
      ['https://example.com/get?file=b.pdf&page=1', ''],
      ['https://example.com/get?file=b.php', ''],
      ['https://example.com/a.py', ''],
      ['https://example.com/a.exe?x=.sh', ''],
      ['https://example.com/a.', ''],
      ['https://example.com/a.jpg.', ''],
      [`https://example.com/a.${'x'.repeat(500)}`, ''],
      ['https://example.com/%2e%2e%2f%2e%2e%2fetc.jpg', '.jpg'],
      ['data:image/png;base64,aaaa/a.png', ''],
      ['file:///home/me/a.pdf', '.pdf'],
    ] as const)
      expect(urlExtension(url), url).toBe(extension)
  })
})

it('makes names that are valid everywhere of whatever URLs there are', () => {
  for (const path of [
    '../../etc/passwd',
    '%00',
    'x'.repeat(300),
    'con',
    'con.jpg',
    'a.jpg...',
    '..%2f..%2fa.png',
    'ü/日本.jpg',
    `a.${'e'.repeat(500)}`,
    '?',
    'a b.pdf ',
  ]) {
    const request = new Request(`https://example.com/${path}`)
    const name = `full/${urlName(request)}${urlExtension(request.url)}`
    expect(name).toMatch(/^full\/[\da-f]{40}(?:\.[a-z\d]+)?$/)
    expect(portableKey(name)).toBe(name)
    checkKey(name, 'here')
  }
})
