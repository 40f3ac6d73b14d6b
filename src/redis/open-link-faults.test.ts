import { describe, expect, it } from 'vitest'
import { add, linkBench } from '../../test/support/redis-link.ts'
import { until } from '../../test/support/redis-server.ts'
import { luaScript } from './lua-script.ts'

const fill = luaScript('fill', ["return redis.call('SET', KEYS[1], ARGV[1])"])
const small = luaScript('small', ["return redis.call('INCRBY', KEYS[1], 1)"], { allowOom: true })

describe('a link in bad weather', () => {
  const bench = linkBench()
  const through = (port: number): string => `redis://127.0.0.1:${port}`

  it('waits for a server that was killed, and says that another answers before it hands out what that says', async () => {
    const server = await bench.redis()
    const link = await bench.open(server.url)
    const seen: unknown[] = []
    link.onServerChanged(() => seen.push('changed'))
    seen.push(await link.run(add, ['a'], ['5']))
    await server.kill('SIGKILL')
    const calls = [1, 2, 3].map((by) => link.run(add, ['a'], [String(by)]).then((reply) => seen.push(reply)))
    await server.restart()
    await Promise.all(calls)
    expect(seen).toEqual([5, 'changed', 1, 3, 6])
    expect(bench.said.filter((line) => line.startsWith('warn'))).toEqual([
      expect.stringMatching(/^warn .*connection to Redis at .* is lost/),
    ])
    expect(bench.said).toContainEqual(expect.stringMatching(/^info Redis at .* answers again after \d+\.\d s/))
  })

  it('does not call a server another one that was only away', async () => {
    const server = await bench.redis()
    const proxy = await bench.proxy(server.port)
    const link = await bench.open(through(proxy.port))
    let changes = 0
    link.onServerChanged(() => changes++)
    for (let round = 1; round <= 5; round++) {
      proxy.cut()
      expect(await link.run(add, ['a'], ['1'])).toBe(round)
    }
    expect(changes).toBe(0)
    expect(proxy.made).toBe(6)
  })

  it('sends again what was not answered, in its order', async () => {
    const server = await bench.redis()
    const proxy = await bench.proxy(server.port)
    const link = await bench.open(through(proxy.port))
    const push = luaScript('push', ["redis.call('RPUSH', KEYS[1], ARGV[1]) return ARGV[1]"])
    await link.run(push, ['list'], ['first'])
    const swallowed = proxy.swallowReply()
    const numbers = Array.from({ length: 20 }, (_, at) => String(at))
    const replies = await Promise.all(numbers.map((number) => link.run(push, ['list'], [number])))
    await swallowed
    expect(replies).toEqual(numbers)
    // the server did it the first time too: that is why whatever is called must be safe to repeat
    expect(await server.cli('LRANGE', 'list', 0, -1)).toEqual(['first', ...numbers, ...numbers])
  })

  it('keeps trying while connections are refused', async () => {
    const server = await bench.redis()
    const proxy = await bench.proxy(server.port)
    const link = await bench.open(through(proxy.port))
    proxy.refuse()
    proxy.cut()
    const call = link.run(add, ['a'], ['1'])
    await until('a refused try', () => bench.said.some((line) => line.startsWith('warn')))
    proxy.accept()
    expect(await call).toBe(1)
  })

  it.each(['black hole', 'stopped server'])('notices a %s, and goes on when it is over', async (kind) => {
    const server = await bench.redis()
    const proxy = await bench.proxy(server.port)
    const link = await bench.open(through(proxy.port), { silence: 200, connectTimeout: 200 })
    let heard = false
    await link.subscribe(
      'wake',
      () => {
        heard = true
      },
      () => undefined,
    )
    await link.run(add, ['a'], ['1'])
    if (kind === 'black hole') proxy.blackhole()
    else await server.kill('SIGSTOP')
    const call = link.run(add, ['b'], ['1'])
    // who goes on asking is no sign of life of the server
    const asking = setInterval(() => void link.command('c', ['INCR', 'c']).catch(() => undefined), 20)
    await until('it to be noticed', () => bench.said.some((line) => /is lost: no answer for 0.2 s/.test(line)))
    clearInterval(asking)
    if (kind === 'black hole') proxy.restore()
    else await server.kill('SIGCONT')
    expect(await call).toBeGreaterThan(0)
    await until('a message', async () => {
      await server.cli('PUBLISH', 'wake', '*')
      return heard
    })
  })

  it('notices that an idle connection is dead', async () => {
    const server = await bench.redis()
    const proxy = await bench.proxy(server.port)
    await bench.open(through(proxy.port), { silence: 200, connectTimeout: 200 })
    proxy.blackhole()
    await until('it to be noticed', () => bench.said.some((line) => /is lost: no answer for 0.2 s/.test(line)))
    proxy.restore()
    await until('it to be over', () => bench.said.some((line) => /answers again/.test(line)))
  })

  it('gets a large answer through a line that needs longer for it than a server may be silent', async () => {
    const server = await bench.redis()
    const proxy = await bench.proxy(server.port)
    const link = await bench.open(through(proxy.port), { silence: 200 })
    await server.cli('SET', 'large', 'x'.repeat(80_000))
    proxy.bandwidth(100_000)
    expect(await link.command('large', ['GET', 'large'])).toHaveLength(80_000)
  })

  it('works through a slow line', async () => {
    const server = await bench.redis()
    const proxy = await bench.proxy(server.port)
    proxy.latency(100)
    const link = await bench.open(through(proxy.port))
    expect(await Promise.all(Array.from({ length: 100 }, () => link.run(add, ['a'], ['1'])))).toHaveLength(100)
    expect(await server.cli('GET', 'a')).toBe('100')
    expect(bench.said).toEqual([])
  })

  it('waits while Redis is full, says so once, and lets through what needs no memory', async () => {
    const server = await bench.redis()
    const link = await bench.open(server.url)
    await link.run(small, ['n'], [])
    await server.cli('CONFIG', 'SET', 'maxmemory', '1')
    const calls = ['a', 'b', 'c'].map((key) => link.run(fill, [key], ['x']))
    await until('it to be said', () => bench.said.length > 0)
    expect(await link.run(small, ['n'], [])).toBe(2)
    expect(await link.command('n', ['GET', 'n'])).toBe('2')
    await server.cli('CONFIG', 'SET', 'maxmemory', '0')
    expect(await Promise.all(calls)).toEqual(['OK', 'OK', 'OK'])
    expect(bench.said).toEqual([
      expect.stringMatching(/^warn Redis is full: OOM .*; leasing waits until memory is freed/),
      expect.stringMatching(/^info Redis has memory again after \d/),
    ])
  })

  it('waits while a script of somebody holds the server', async () => {
    const server = await bench.redis({ args: ['--busy-reply-threshold', '10'] })
    const link = await bench.open(server.url)
    const busy = await bench.open(server.url)
    const loop = busy.run(luaScript('loop', ['while true do end']), ['a'], []).catch((error: unknown) => error)
    await until('the server to be busy', () =>
      server.cli('PING').then(
        () => false,
        (error: Error) => /^BUSY/.test(error.message),
      ),
    )
    const call = link.run(add, ['a'], ['1'])
    await until('it to be said', () => bench.said.some((line) => /^warn Redis is busy with a script/.test(line)))
    await server.cli('SCRIPT', 'KILL')
    expect(await call).toBe(1)
    expect(await loop).toMatchObject({ code: 'ERR_REDIS_SCRIPT' })
    expect(bench.said.filter((line) => line.startsWith('info'))).toEqual([expect.stringMatching(/Redis is free again/)])
  })

  it('waits while there are too few replicas', async () => {
    const server = await bench.redis({ args: ['--min-replicas-to-write', '1'] })
    const link = await bench.open(server.url)
    const call = link.run(add, ['a'], ['1'])
    await until('it to be said', () => bench.said.some((line) => /fewer replicas/.test(line)))
    await server.cli('CONFIG', 'SET', 'min-replicas-to-write', '0')
    expect(await call).toBe(1)
  })

  it('waits while the server is a replica, and takes it for another one afterwards', async () => {
    const server = await bench.redis()
    const other = await bench.redis()
    const link = await bench.open(server.url)
    const seen: unknown[] = []
    link.onServerChanged(() => seen.push('changed'))
    await link.run(add, ['a'], ['1'])
    await other.cli('SET', 'a', '100')
    await server.cli('REPLICAOF', '127.0.0.1', other.port)
    const call = link.run(add, ['a'], ['1']).then((reply) => seen.push(reply))
    await until('it to have the data of the other', async () => (await server.info('master_link_status')) === 'up')
    await until('it to be said', () => bench.said.some((line) => /replica/.test(line)))
    await server.cli('REPLICAOF', 'NO', 'ONE')
    await call
    // its process is the same, its data is not
    expect(seen).toEqual(['changed', 101])
  })

  it('waits while the server is loading, at the start and later', async () => {
    const server = await bench.redis({
      args: ['--save', '3600 1', '--key-load-delay', '2000', '--loading-process-events-interval-bytes', '1024'],
    })
    await server.cli('DEBUG', 'POPULATE', '400', 'key', '10')
    const link = await bench.open(server.url)
    await server.cli('SAVE')
    await server.restart()
    expect(await server.info('loading')).toBe('1')
    const second = bench.open(server.url)
    expect(await link.run(add, ['a'], ['1'])).toBe(1)
    expect(await (await second).run(add, ['a'], ['1'])).toBe(2)
    expect(await server.info('loading')).toBe('0')
    expect(bench.said.some((line) => /warn .*loading its data/.test(line))).toBe(true)
  })

  it('goes on when its password is changed and changed back, and shows it nowhere', async () => {
    const server = await bench.redis({ password: 'secret' })
    const proxy = await bench.proxy(server.port)
    const link = await bench.open(`redis://:secret@127.0.0.1:${proxy.port}`)
    await server.cli('CONFIG', 'SET', 'requirepass', 'other')
    proxy.cut()
    const call = link.run(add, ['a'], ['1'])
    await until('it to be said', () => bench.said.some((line) => /did not accept/.test(line)))
    await server.cli('CONFIG', 'SET', 'requirepass', 'secret')
    expect(await call).toBe(1)
    expect(bench.said.join('\n')).not.toContain('secret')
  })

  describe('close', () => {
    it.each(['idle', 'cut', 'refused', 'black hole', 'stopped server', 'full', 'reconnecting into a black hole'])(
      'never hangs: %s',
      async (kind) => {
        const server = await bench.redis()
        const proxy = await bench.proxy(server.port)
        const link = await bench.open(through(proxy.port))
        await link.subscribe(
          'wake',
          () => undefined,
          () => undefined,
        )
        if (kind === 'cut') proxy.cut()
        if (kind === 'refused') proxy.refuse()
        if (kind === 'refused') proxy.cut()
        if (kind === 'black hole') proxy.blackhole()
        if (kind === 'stopped server') await server.kill('SIGSTOP')
        if (kind === 'full') await server.cli('CONFIG', 'SET', 'maxmemory', '1')
        const calls =
          kind === 'idle' ? [] : Array.from({ length: 10 }, () => link.run(fill, ['a'], ['x']).catch((error: unknown) => error))
        if (kind === 'full') await until('it to be full', () => bench.said.length > 0)
        if (kind === 'reconnecting into a black hole') {
          proxy.cut()
          proxy.blackhole()
          const { made } = proxy
          await until('a new try', () => proxy.made > made)
        }
        const late =
          kind === 'idle'
            ? undefined
            : link
                .subscribe(
                  'more',
                  () => undefined,
                  () => undefined,
                )
                .catch((error: unknown) => error)
        await link.close()
        for (const error of await Promise.all(calls)) {
          if (kind === 'reconnecting into a black hole' && error === 'OK') continue
          expect(error).toMatchObject({ code: 'ERR_REDIS_CLOSED' })
        }
        if (late !== undefined) expect(await late).toMatchObject({ code: 'ERR_REDIS_CLOSED' })
        if (kind === 'stopped server') await server.kill('SIGCONT')
      },
    )
  })
})
