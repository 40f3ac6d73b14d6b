import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MAX_ROBOTS_SIZE, RobotsTxt, sitemapsOf } from './robots-txt.ts'

interface Case {
  id: string
  robots?: string
  robotsBase64?: string
  userAgent: string
  url: string
  expected: { allowed: boolean; crawlDelay: number | null }
  expectedScrapy28?: { allowed: boolean }
  googleAllowed: boolean
}

const { cases } = JSON.parse(readFileSync(new URL('../../test/vectors/robots.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

const read = (text: string | Buffer): RobotsTxt => new RobotsTxt(Buffer.from(text as string))

/** Where Google and RFC 9309 are followed and Protego is not: the lines of a group, what ends a line, a line without a colon. */
const AS_GOOGLE = new Set([
  'robots-52116f82d870',
  'robots-2318857b6e74',
  'robots-d9f178dd079a',
  'robots-3745c12b5982',
  'robots-42a7b49f7f7f',
  'robots-96fb52a302bd',
  'robots-ce4ca9fb3480',
  'robots-f8d4ddff9a45',
])

describe('vectors', () => {
  for (const { id, robots, robotsBase64, userAgent, url, expected, googleAllowed } of cases) {
    it(`${id} ${userAgent} ${url}`, () => {
      const body = robotsBase64 === undefined ? (robots ?? '') : Buffer.from(robotsBase64, 'base64')
      const rules = read(body).for(userAgent)
      expect(rules.allows(url)).toBe(AS_GOOGLE.has(id) ? googleAllowed : expected.allowed)
      expect(rules.crawlDelay ?? null).toBe(expected.crawlDelay)
    })
  }
})

describe('groups', () => {
  it('the longest name in the User-Agent wins, a star is for the others', () => {
    const robots = read(
      'User-agent: *\nDisallow: /star\nUser-agent: goose\nDisallow: /goose\nUser-agent: goosebot\nDisallow: /bot\n',
    )
    const refused = (agent: string): string[] => ['/star', '/goose', '/bot'].filter((path) => !robots.for(agent).allows(path))
    expect(refused('Mozilla/5.0 (compatible; GooseBot/2.1)')).toEqual(['/bot'])
    expect(refused('my goose/1')).toEqual(['/goose'])
    expect(refused('duck')).toEqual(['/star'])
    expect(refused('')).toEqual(['/star'])
  })

  it('are put together where one name has several', () => {
    const rules = read('User-agent: aa\nDisallow: /1\nUser-agent: bb\nDisallow: /2\nUser-agent: aa\nDisallow: /3').for('aa1')
    expect(['/1', '/2', '/3'].map((path) => rules.allows(path))).toEqual([false, true, false])
  })

  it('a Sitemap or an unknown line does not part them', () => {
    const robots = read('User-agent: aa\nSitemap: http://x/\nNoindex: /\nUser-agent: bb\nDisallow: /x')
    expect([robots.for('aa').allows('/x'), robots.for('bb').allows('/x')]).toEqual([false, false])
  })

  it('a User-agent line without a name says nothing', () => {
    const robots = read('User-agent: aa\nDisallow: /1\nUser-agent:\nDisallow: /2\nUser-agent: bb\nDisallow: /3')
    const refused = (agent: string): string[] => ['/1', '/2', '/3'].filter((path) => !robots.for(agent).allows(path))
    expect([refused('aa'), refused('bb')]).toEqual([['/1', '/2'], ['/3']])
  })

  it('rules before any group are nobody\u2019s', () => {
    expect(read('Disallow: /\nUser-agent: *\nAllow: /x').for('a').allows('/')).toBe(true)
  })
})

describe('rules', () => {
  it.each([
    ['/a*b*c', '/a1b2c3', false],
    ['/a*b*c', '/acb', true],
    ['/a*b$', '/ab', false],
    ['/a*b$', '/abb', false],
    ['/a*ba$', '/aba', false],
    ['/aba*ba$', '/aba', true],
    ['/*', '/', false],
    ['*', '/x', false],
    ['/$', '/', false],
    ['/$', '/x', true],
    ['/a$', '/a$b', false],
    ['/a$', '/a%24b', false],
    ['/a*$', '/ab$c', false],
    ['/x*$', '/xyz', false],
    ['/%7Ea', '/~a', false],
    ['/~a', '/%7ea', false],
    ['/a=b', '/a=b', false],
    ['/a=b', '/a%3Db', false],
    ['/a/b', '/a%2Fb', true],
    ['/\u65e5', '/%E6%97%A5', false],
    ['/q?a=\u65e5', '/q?a=%e6%97%a5', false],
    ['/*?*x=1', '/p?y=2&x=1', false],
    ['/p', '/p#frag', false],
    ['', '/anything', true],
  ])('Disallow: %s, %s is %s', (rule, path, allowed) => {
    expect(read(`User-agent: *\nDisallow: ${rule}`).for('x').allows(`http://a.example${path}`)).toBe(allowed)
  })

  it('answer soon, whatever the stars', () => {
    const stars = `User-agent: *\nDisallow: /${'*a'.repeat(100_000)}b$\n`
    const rules = read(stars).for('x')
    for (let i = 0; i < 100; i++) expect(rules.allows(`http://a.example/${'a'.repeat(2000)}`)).toBe(true)
  })
})

describe('large and broken files', () => {
  it('are read up to 500 KiB, to the end of the last whole line', () => {
    const head = 'User-agent: *\n'
    const filler = `# ${'x'.repeat(97)}\n`.repeat(Math.floor((MAX_ROBOTS_SIZE - head.length) / 100))
    const pad = '\n'.repeat(MAX_ROBOTS_SIZE - head.length - filler.length - 'Disallow: /'.length)
    const rules = read(`${head}${filler}${pad}Disallow: /private\nDisallow: /later\n`).for('x')
    expect(['/', '/private', '/later'].map((path) => rules.allows(path))).toEqual([true, true, true])
    const fits = read(`${head}${filler}${pad.slice(20)}Disallow: /private\nDisallow: /later\n`).for('x')
    expect(['/', '/private', '/later'].map((path) => fits.allows(path))).toEqual([true, false, true])
  })

  it.each([
    ['a name over and over', 'User-agent: *\n'.repeat(16_000), 'x'],
    ['many names', Array.from({ length: 16_000 }, (_, i) => `User-agent:b${i}\n`).join(''), 'b77'],
  ])('%s, with many rules and delays, cost what they are long', (_, agents, agent) => {
    const rules = Array.from({ length: 6000 }, (_, i) => `Disallow: /a${i}\nCrawl-delay: ${i}\n`).join('')
    const robots = read(agents + rules)
    const found = robots.for(agent)
    expect([found.allows('/a5999'), found.allows('/b'), found.crawlDelay]).toEqual([false, true, 5999])
  })

  it.each([
    ['spaces before a line separator', `a${' '.repeat(250_000)}${'x'.repeat(250_000)}\u2028y`],
    ['spaces alone', `Disallow${' '.repeat(500_000)}`],
    ['stars', `Disallow: /${'*'.repeat(500_000)}`],
    ['escapes', `Disallow: /${'%e4'.repeat(160_000)}`],
    ['names of stars', `User-agent: ${'*'.repeat(500_000)}`],
  ])('%s without end are read at once', (_, line) => {
    const rules = read(`User-agent: *\nDisallow: /private\n${line}`).for('x')
    for (let i = 0; i < 100; i++) expect(rules.allows('/private')).toBe(false)
  })

  it('one line of a megabyte, and bytes of all kinds', () => {
    expect(read('x'.repeat(1_000_000)).for('x').allows('/')).toBe(true)
    expect(
      read(Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) & 255)))
        .for('x')
        .allows('/'),
    ).toBeTypeOf('boolean')
    expect(read('\0\0User-agent: *\r\r\nDisallow: /a\0b\r').for('x').allows('/')).toBe(true)
  })
})

it('names sitemaps, wherever they stand', () => {
  const body = Buffer.from(
    'Sitemap: https://a.example/1.xml # first\nUser-agent: *\nsitemaps:/2.xml\nDisallow: /x\nSite-map : b\nSitemap:\nHost: a.example\n',
  )
  expect(sitemapsOf(body)).toEqual(['https://a.example/1.xml', '/2.xml', 'b'])
  expect(new RobotsTxt(body).for('x').allows('/x')).toBe(false)
})
