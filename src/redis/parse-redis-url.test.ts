import { describe, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import { parseRedisUrl } from './parse-redis-url.ts'

const problem = (url: string): UsageError => {
  try {
    parseRedisUrl(url)
  } catch (error) {
    return error as UsageError
  }
  throw new Error(`${url} was accepted`)
}

describe('parseRedisUrl', () => {
  it.each([
    ['redis://h', { kind: 'server', tls: false, database: 0, nodes: [{ host: 'h', port: 6379 }], shown: 'redis://h' }],
    ['redis://h/', { database: 0 }],
    ['REDIS://h:1/15', { database: 15, nodes: [{ host: 'h', port: 1 }] }],
    ['rediss://h:65535', { tls: true, nodes: [{ host: 'h', port: 65_535 }] }],
    ['redis://:p%40s%2Fs%3A%25@h', { password: 'p@s/s:%', shown: 'redis://***@h' }],
    ['redis://me:a:b@h', { username: 'me', password: 'a:b' }],
    ['redis://m%C3%A9:%F0%9F%94%91@h', { username: 'mé', password: '🔑' }],
    ['redis://[::1]', { nodes: [{ host: '::1', port: 6379 }] }],
    ['redis://u:p@[fe80::1%eth0]:7000/2', { nodes: [{ host: 'fe80::1%eth0', port: 7000 }], database: 2 }],
    ['unix:///run/redis.sock', { kind: 'server', nodes: [], path: '/run/redis.sock', database: 0 }],
    [
      'unix://:pw@/run/a%20b.sock?db=3',
      { path: '/run/a b.sock', password: 'pw', database: 3, shown: 'unix://***@/run/a%20b.sock' },
    ],
    [
      'redis+sentinel://:pw@a,b:1,[::1]:2/my%2Fgroup/4',
      {
        kind: 'sentinel',
        password: 'pw',
        group: 'my/group',
        database: 4,
        nodes: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 1 },
          { host: '::1', port: 2 },
        ],
      },
    ],
    ['rediss+sentinel://a/g', { kind: 'sentinel', tls: true, group: 'g', database: 0 }],
    [
      'rediss+cluster://a,b:7001/',
      {
        kind: 'cluster',
        tls: true,
        database: 0,
        nodes: [
          { host: 'a', port: 6379 },
          { host: 'b', port: 7001 },
        ],
      },
    ],
    ['redis+cluster://a/0', { kind: 'cluster', database: 0 }],
  ])('reads %s', (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected)
  })

  it('gives no user or password where there is none', () => {
    expect(Object.keys(parseRedisUrl('redis://:pw@h'))).not.toContain('username')
    expect(Object.keys(parseRedisUrl('redis://h'))).not.toContain('password')
  })

  it.each([
    ['', 'redis://host:6379/0'],
    ['h:6379', 'redis://host:6379/0'],
    ['http://h', 'scheme is not known'],
    ['unix+cluster://h', 'scheme is not known'],
    ['redis+tls://h', 'scheme is not known'],
    ['redis://', 'host is missing'],
    ['redis://:6379', 'host is missing'],
    ['redis+cluster://a,,b', 'host is missing'],
    ['redis://h:0', 'port must be'],
    ['redis://h:65536', 'port must be'],
    ['redis://h:', 'port must be'],
    ['redis://h:6379x', 'port must be'],
    ['redis://::1:6379', 'brackets'],
    ['redis://[::1', 'brackets'],
    ['redis://h/x', 'database must be a number'],
    ['redis://h/-1', 'database must be a number'],
    ['redis://h/1/2', 'number of the database'],
    ['redis://h?db=1', 'options after'],
    ['redis://h#1', '%23'],
    ['redis://a,b', 'redis+sentinel://'],
    ['redis://me@h', 'no password'],
    ['redis://:@h', 'no password'],
    ['redis://:%zz@h', 'the password is not percent-encoded'],
    ['redis://:a b@h', 'white space'],
    ['redis://h\n', 'white space'],
    ['redis+sentinel://h', 'name of the group is missing'],
    ['redis+sentinel://h/', 'name of the group is missing'],
    ['redis+sentinel://h/g/x', 'database must be a number'],
    ['redis+sentinel://h/g/1/2', 'number of the database'],
    ['redis+cluster://h/1', 'no databases'],
    ['unix://run/redis.sock', 'must be absolute'],
    ['unix:///', 'must be absolute'],
    ['unix:///s?db=x', 'database must be a number'],
    ['unix:///s?x=1', '?db=NUMBER'],
  ])('refuses %j and says why', (url, why) => {
    const error = problem(url)
    expect(error).toBeInstanceOf(UsageError)
    expect(error.code).toBe('ERR_REDIS_URL')
    expect(error.message).toContain(why)
  })

  it.each(['p/w', 'p@w', 'p?w', 'p#w', 'p w', '%zz', 'p/w@x', 'p:/w'].map((secret) => secret.replaceAll('w', 'secret')))(
    'never shows a password, not even one that should have been encoded: %s',
    (secret) => {
      expect(problem(`redis://me:${secret}@h:x/y`).message).not.toMatch(/secret|zz|me:/)
    },
  )

  it.each(['redis://me:secret', 'redis://:secret', 'redis://:se/secret', 'redis://me:1secret', 'redis+cluster://a,b:secret'])(
    'takes what could be a forgotten host for a password: %s',
    (url) => {
      expect(problem(url).message).not.toContain('secret')
    },
  )

  it('does not show what is after a question mark', () => {
    expect(problem('redis://h/0?password=secret').message).not.toContain('secret')
  })
})
