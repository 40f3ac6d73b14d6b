import { describe, expect, it } from 'vitest'
import { add, linkBench } from '../../test/support/redis-link.ts'
import { until } from '../../test/support/redis-server.ts'
import { luaScript } from './lua-script.ts'

describe('openLink', () => {
  const bench = linkBench()

  it('runs scripts that the server does not know, and those that it has forgotten', async () => {
    const server = await bench.redis()
    const link = await bench.open(server.url)
    expect(await Promise.all([1, 2, 3].map((by) => link.run(add, ['a'], [String(by)])))).toEqual([1, 3, 6])
    await server.cli('SCRIPT', 'FLUSH')
    expect(await link.run(add, ['a'], ['4'])).toBe(10)
    expect(await link.command('a', ['GET', 'a'])).toBe('10')
  })

  it('hands out numbers, texts, nil and tables as they are, whatever is in them', async () => {
    const link = await bench.open((await bench.redis()).url)
    const script = luaScript('all', ['return { 1, ARGV[1], false, { -2, "" }, redis.status_reply("OK") }'])
    const text = 'é\0\r\n\u{1F577} $5\r\n'
    expect(await link.run(script, [], [text])).toEqual([1, text, null, [-2, ''], 'OK'])
    await link.command('h', ['HSET', 'h', 'field', text])
    expect(await link.command('h', ['HGETALL', 'h'])).toEqual(['field', text])
  })

  it('sends calls in the order in which they were made, those of one turn together', async () => {
    const server = await bench.redis()
    const link = await bench.open(server.url)
    const push = luaScript('push', ["return redis.call('RPUSH', KEYS[1], ARGV[1])"])
    await link.run(push, ['list'], ['first'])
    const reads = Number(await server.info('total_reads_processed'))
    const expected = ['first']
    await Promise.all(
      Array.from({ length: 200 }, (_, at) => {
        expected.push(String(at))
        return at % 2 ? link.run(push, ['list'], [String(at)]) : link.command('list', ['RPUSH', 'list', String(at)])
      }),
    )
    expect(await server.cli('LRANGE', 'list', 0, -1)).toEqual(expected)
    // 200 calls of 90 bytes: two reads of Redis' 16 KB, and those of the two questions
    expect(Number(await server.info('total_reads_processed')) - reads).toBeLessThan(8)
  })

  it('uses two connections, the second only for who listens', async () => {
    const server = await bench.redis()
    const clients = async (): Promise<number> => Number(await server.info('connected_clients'))
    const before = await clients()
    const link = await bench.open(server.url)
    await Promise.all(Array.from({ length: 50 }, () => link.run(add, ['a'], ['1'])))
    expect(await clients()).toBe(before + 1)
    await link.subscribe(
      'one',
      () => undefined,
      () => undefined,
    )
    await link.subscribe(
      'two',
      () => undefined,
      () => undefined,
    )
    expect(await clients()).toBe(before + 2)
    await link.close()
    await until('both connections to be gone', async () => (await clients()) === before)
  })

  it('hears messages, and says after a break that some may be missing', async () => {
    const server = await bench.redis()
    const proxy = await bench.proxy(server.port)
    const link = await bench.open(`redis://127.0.0.1:${proxy.port}`)
    const heard: string[] = []
    await link.subscribe(
      'wake',
      (message) => heard.push(message),
      () => heard.push('gap'),
    )
    await link.subscribe(
      'other',
      (message) => heard.push(`other ${message}`),
      () => heard.push('other gap'),
    )
    await server.cli('PUBLISH', 'wake', 'a é')
    await server.cli('PUBLISH', 'other', 'b')
    await until('the messages', () => heard.length === 2)
    expect(heard.splice(0)).toEqual(['a é', 'other b'])
    proxy.cut()
    await until('both gaps', () => heard.length === 2)
    expect(heard.splice(0).sort()).toEqual(['gap', 'other gap'])
    await server.cli('PUBLISH', 'wake', 'c')
    await until('the message', () => heard.length === 1)
    expect(heard).toEqual(['c'])
  })

  it.each([
    ['ERR_REDIS_TYPE', luaScript('wrong-type', ["return redis.call('LLEN', KEYS[1])"]), 'script wrong-type'],
    ['ERR_REDIS_SCRIPT', luaScript('broken', ['local x = nil; return x.y']), 'script broken'],
    ['ERR_REDIS_SCRIPT', luaScript('syntax', ['return return']), 'script syntax'],
    ['ERR_REDIS_REPLY', luaScript('own', ["return redis.error_reply('NOPE because')"]), 'NOPE because'],
  ])('rejects with %s what repeating does not mend', async (code, script, says) => {
    const server = await bench.redis()
    const link = await bench.open(server.url)
    await server.cli('SET', 'text', '1')
    const error = await link.run(script, ['text'], []).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'SkeinError', code })
    expect((error as Error).message).toContain(says)
    // and goes on
    expect(await link.run(add, ['n'], ['1'])).toBe(1)
    expect(bench.said).toEqual([])
  })

  it('rejects arguments that are no texts, and goes on', async () => {
    const link = await bench.open((await bench.redis()).url)
    await expect(link.command('a', ['SET', 'a', 1 as never])).rejects.toMatchObject({ code: 'ERR_REDIS_REPLY' })
    await expect(link.run(add, ['a'], [undefined as never])).rejects.toMatchObject({ code: 'ERR_REDIS_REPLY' })
    expect(await link.run(add, ['a'], ['1'])).toBe(1)
  })

  it('rejects everything once it is closed, and may be closed twice', async () => {
    const link = await bench.open((await bench.redis()).url)
    const waiting = link.command('list', ['BLPOP', 'list', '0'])
    const refused = expect(waiting).rejects.toMatchObject({ code: 'ERR_REDIS_CLOSED' })
    await link.close()
    await refused
    await link.close()
    await expect(link.run(add, ['a'], ['1'])).rejects.toMatchObject({ code: 'ERR_REDIS_CLOSED' })
    await expect(link.command('a', ['GET', 'a'])).rejects.toMatchObject({ code: 'ERR_REDIS_CLOSED' })
    await expect(
      link.subscribe(
        'a',
        () => undefined,
        () => undefined,
      ),
    ).rejects.toMatchObject({ code: 'ERR_REDIS_CLOSED' })
  })
})
