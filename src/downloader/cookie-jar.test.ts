import { describe, expect, it } from 'vitest'
import { CookieJar } from './cookie-jar.ts'
import { CookieJars } from './cookie-jars.ts'
import { type CookiePlace, cookiePlace, type StoredCookie } from './stored-cookie.ts'

const EVER = Number.POSITIVE_INFINITY
const at = (url: string): CookiePlace => cookiePlace(url)

function cookie(host: string, name: string, value = '1', expires = EVER): StoredCookie {
  return { name, value, domain: host, hostOnly: true, path: '/', secure: false, expires }
}

describe('a jar', () => {
  it('counts what it has, and is empty when all have gone', () => {
    const jar = new CookieJar()
    jar.store(cookie('a.example', 'a', 'xyz'), 0)
    jar.store(cookie('a.example', 'b', '1', 50), 0)
    jar.store(cookie('b.example', 'a', '1', 60), 0)
    expect([jar.size, jar.bytes]).toEqual([3, 'axyza.example/'.length + 2 * 'a1b.example/'.length])
    // longer, then shorter: the bytes are those of what is there
    jar.store(cookie('a.example', 'a', 'xyzxyz'), 0)
    jar.store(cookie('a.example', 'a', ''), 0)
    expect([jar.size, jar.bytes]).toEqual([3, 'aa.example/'.length + 2 * 'a1b.example/'.length])
    expect(jar.header(at('http://a.example/'), 50).value).toBe('a=')
    expect(jar.size).toBe(2)
    expect(jar.header(at('http://b.example/'), 60).value).toBe('')
    jar.store(cookie('a.example', 'a', '', Number.NEGATIVE_INFINITY), 60)
    jar.store(cookie('c.example', 'a', '', Number.NEGATIVE_INFINITY), 60)
    expect([jar.size, jar.bytes]).toEqual([0, 0])
    jar.store(cookie('a.example', 'z'), 60)
    expect(jar.header(at('http://a.example/'), 60).value).toBe('z=1')
  })

  it('drops the site asked for the longest ago beyond 20,000 cookies', () => {
    const jar = new CookieJar()
    for (let site = 0; site < 200; site++) for (let i = 0; i < 100; i++) jar.store(cookie(`s${site}.com`, `c${i}`), 0)
    expect(jar.size).toBe(20_000)
    expect(jar.header(at('http://s0.com/'), 0).value).not.toBe('')
    jar.store(cookie('one.com', 'more'), 0)
    expect(jar.size).toBe(19_901)
    expect(jar.header(at('http://s0.com/'), 0).value).not.toBe('')
    expect(jar.header(at('http://s1.com/'), 0).value).toBe('')
  })

  it('holds 8 MiB at most, whatever the cookies are', () => {
    const jar = new CookieJar()
    const value = 'x'.repeat(4000)
    for (let site = 0; site < 3000; site++) {
      jar.store(cookie(`s${site}.com`, 'c', value), 0)
      expect(jar.bytes).toBeLessThanOrEqual(8 * 1024 * 1024)
    }
    expect(jar.size).toBeGreaterThan(2000)
    expect(jar.header(at('http://s2999.com/'), 0).value).toBe(`c=${value}`)
  })

  it('lets the one go that was set longest ago, or has expired, when a site has too many', () => {
    const jar = new CookieJar()
    for (let i = 0; i < 180; i++) jar.store(cookie('a.com', `c${i}`, '1', i === 90 ? 10 : EVER), 0)
    jar.store(cookie('a.com', 'c0', 'again'), 0)
    jar.store(cookie('a.com', 'new'), 20)
    jar.store(cookie('a.com', 'newer'), 20)
    const names = jar.header(at('http://a.com/'), 20).value.split('; ')
    expect(names).toHaveLength(180)
    expect(names[0]).toBe('c0=again')
    expect(names).not.toContain('c90=1')
    expect(names).not.toContain('c1=1')
    expect(names.slice(-2)).toEqual(['new=1', 'newer=1'])
  })
})

describe('jars with names', () => {
  it('hold 64 MiB together: those used longest ago go', () => {
    const lost: string[] = []
    const jars = new CookieJars((name) => lost.push(name))
    const value = 'x'.repeat(4000)
    for (let i = 0; i < 12; i++) {
      const jar = jars.get(`jar ${i}`)
      for (let site = 0; site < 2000; site++) jar.store(cookie(`s${site}.com`, 'c', value), 0)
      jars.grew(jar.bytes)
      jars.find('jar 0')
    }
    expect(lost).toEqual(['jar 1', 'jar 2', 'jar 3', 'jar 4'])
    expect(jars.find('jar 1')).toBeUndefined()
    expect(jars.find('jar 0')?.size).toBe(2000)
    expect(jars.find(undefined)?.size).toBe(0)
  })
})
