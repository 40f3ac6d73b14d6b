import { createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { elsewhere, localhost } from '../../test/support/redis-certificates.ts'
import { startReplica } from '../../test/support/redis-groups.ts'
import { add, linkBench } from '../../test/support/redis-link.ts'
import { selfSigned } from '../../test/support/tls.ts'

describe('what openLink looks at before it opens', () => {
  const bench = linkBench()

  const refusal = async (
    url: string,
    options: Parameters<typeof bench.open>[1] = {},
  ): Promise<{ code: string; message: string }> => {
    const link = await bench.open(url, { connectTimeout: 2_000, ...options }).catch((error: unknown) => error)
    expect(link).toBeInstanceOf(Error)
    const { code, message } = link as { code: string; message: string }
    expect(message).not.toMatch(/secret|wrong-pw/)
    return { code, message }
  }
  /** Answers each chunk that it is sent. */
  const server = async (
    answer: (socket: Socket, data: Buffer) => void,
    onConnect?: (socket: Socket) => void,
  ): Promise<number> => {
    const sockets = new Set<Socket>()
    const listening = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined).on('data', (data) => answer(socket, data))
      onConnect?.(socket)
    })
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    bench.atEnd(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listening.close(resolve))
    })
    return (listening.address() as { port: number }).port
  }
  const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`

  it('says that nothing listens there', async () => {
    const redis = await bench.redis()
    await redis.stop()
    expect(await refusal(redis.url)).toMatchObject({
      code: 'ERR_REDIS_CONNECT',
      message: `nothing listens at 127.0.0.1:${redis.port} (ECONNREFUSED): is Redis running there?`,
    })
    expect(await refusal('unix:///nowhere/redis.sock')).toMatchObject({
      code: 'ERR_REDIS_CONNECT',
      message: expect.stringContaining('no socket at'),
    })
  })

  it('says that a name does not resolve', async () => {
    expect(await refusal('redis://:secret@no-such-host.invalid')).toMatchObject({
      code: 'ERR_REDIS_CONNECT',
      message: expect.stringMatching(/no-such-host.invalid:6379 was not found: its name does not resolve/),
    })
  })

  it('gives up on who takes connections and says nothing', async () => {
    const port = await server(() => undefined)
    const { code, message } = await refusal(`redis://127.0.0.1:${port}`, { connectTimeout: 200 })
    expect([code, message]).toEqual(['ERR_REDIS_CONNECT', `no connection to 127.0.0.1:${port}: no answer within 0.2 s`])
  })

  it('says that a password is needed, or wrong', async () => {
    const redis = await bench.redis({ password: 's3' })
    const at = `127.0.0.1:${redis.port}`
    expect((await refusal(`redis://${at}`)).message).toMatch(/wants a password, and the URL has none/)
    expect(await refusal(`redis://:wrong-pw@${at}`)).toMatchObject({
      code: 'ERR_REDIS_AUTH',
      message: expect.stringContaining('did not accept'),
    })
    expect((await refusal(`redis://somebody:wrong-pw@${at}`)).code).toBe('ERR_REDIS_AUTH')
    const open = await bench.redis()
    // a password that the server does not have
    expect((await refusal(`redis://:wrong-pw@127.0.0.1:${open.port}`)).code).toBe('ERR_REDIS_AUTH')
    const link = await bench.open(redis.url)
    expect(await link.run(add, ['a'], ['1'])).toBe(1)
  })

  it('names the rights that a user lacks', async () => {
    const redis = await bench.redis()
    const url = `redis://worker:a%20b@127.0.0.1:${redis.port}`
    const user = (...rules: string[]): Promise<unknown> =>
      redis.cli('ACL', 'SETUSER', 'worker', 'reset', 'on', '>a b', '~*', '&*', ...rules)
    await user('+@all', '-info')
    expect(await refusal(url)).toMatchObject({ code: 'ERR_REDIS_RIGHTS', message: expect.stringContaining("'info'") })
    await user('+@all', '-eval')
    expect(await refusal(url)).toMatchObject({ code: 'ERR_REDIS_RIGHTS', message: expect.stringContaining("'eval'") })
    await user('+@all', '-zadd', '-publish')
    expect(await refusal(url)).toMatchObject({
      code: 'ERR_REDIS_RIGHTS',
      message: expect.stringMatching(/may not call publish, zadd\b/),
    })
    await user('+@all', '-@dangerous', '+info')
    const link = await bench.open(url)
    expect(await link.run(add, ['a'], ['2'])).toBe(2)
    await user('+@all', '-incrby')
    const error = await link.run(add, ['a'], ['2']).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ERR_REDIS_RIGHTS',
      message: expect.stringMatching(/^script add: the user of the URL lacks a right/),
    })
    await user('+@all', 'resetkeys', '~b')
    await expect(link.run(add, ['a'], ['2'])).rejects.toMatchObject({ code: 'ERR_REDIS_RIGHTS' })
    await user('+@all', 'resetchannels')
    await expect(
      link.subscribe(
        'wake',
        () => undefined,
        () => undefined,
      ),
    ).rejects.toMatchObject({ code: 'ERR_REDIS_RIGHTS', message: expect.stringContaining('wake') })
  })

  it('speaks TLS to a server whose certificate its CA has issued, and to no other', async () => {
    const redis = await bench.redis({ tls: localhost })
    const link = await bench.open(redis.url, { ca: localhost.ca })
    expect(await link.run(add, ['a'], ['1'])).toBe(1)
    expect(await refusal(redis.url)).toMatchObject({
      code: 'ERR_REDIS_TLS',
      message: expect.stringContaining('name the CA certificate'),
    })
    expect(await refusal(redis.url, { ca: selfSigned.cert })).toMatchObject({ code: 'ERR_REDIS_TLS' })
    const other = await bench.redis({ tls: elsewhere })
    expect(await refusal(`rediss://127.0.0.1:${other.port}`, { ca: elsewhere.ca })).toMatchObject({
      code: 'ERR_REDIS_TLS',
      message: expect.stringContaining('is for another name'),
    })
  })

  it('reads the CA from a file, and says if it is none', async () => {
    await expect(bench.open('rediss://127.0.0.1:1', { ca: '/nowhere/ca.pem' })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_REDIS_TLS',
      message: expect.stringContaining('/nowhere/ca.pem'),
    })
    await expect(
      bench.open('rediss://127.0.0.1:1', { ca: import.meta.filename.replace('checks.test', 'checks.none') }),
    ).rejects.toThrow('cannot be read')
    await expect(bench.open('rediss://127.0.0.1:1', { ca: '/dev/null' })).rejects.toThrow('no certificate in PEM')
    const redis = await bench.redis({ tls: localhost })
    const { writeFileSync } = await import('node:fs')
    writeFileSync(`${redis.dir}/ca.pem`, localhost.ca)
    const link = await bench.open(redis.url, { ca: `${redis.dir}/ca.pem` })
    expect(await link.run(add, ['a'], ['1'])).toBe(1)
  })

  it('says that TLS is spoken there, or is not', async () => {
    const plain = await bench.redis()
    const noTls = await refusal(`rediss://127.0.0.1:${plain.port}`)
    expect(noTls).toMatchObject({ code: 'ERR_REDIS_TLS', message: expect.stringContaining('does not speak TLS') })
    const tls = await bench.redis({ tls: localhost })
    const speaksTls = await refusal(`redis://127.0.0.1:${tls.port}`)
    expect(speaksTls.message).toContain('use rediss://')
  })

  it('says that it is not Redis', async () => {
    const http = await server((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await refusal(`redis://127.0.0.1:${http}`)).toMatchObject({
      code: 'ERR_REDIS_CONNECT',
      message: expect.stringContaining('is not Redis'),
    })
    const ssh = await server(
      () => undefined,
      (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'),
    )
    expect((await refusal(`redis://127.0.0.1:${ssh}`)).message).toContain('is not Redis')
    const rude = await server((socket) => socket.destroy())
    expect((await refusal(`redis://127.0.0.1:${rude}`)).message).toMatch(/closed the connection|ECONNRESET/)
    const silly = await server((socket) => socket.write("-ERR unknown command 'INFO'\r\n"))
    expect((await refusal(`redis://127.0.0.1:${silly}`)).message).toContain('is not Redis')
    const full = await server((socket) => socket.end('-ERR max number of clients reached\r\n'))
    expect((await refusal(`redis://127.0.0.1:${full}`)).message).toContain('maxclients')
  })

  it('refuses Redis before 7.0, and takes Valkey', async () => {
    const like = (info: string): Promise<number> =>
      server((socket, data) => {
        for (const line of String(data).matchAll(/^(INFO|EVAL|PING)\r$/gm))
          socket.write(line[1] === 'EVAL' ? '*0\r\n' : bulk(info))
      })
    const old = await like('redis_version:6.2.14\r\nredis_mode:standalone\r\nrole:master\r\n')
    expect(await refusal(`redis://127.0.0.1:${old}`)).toMatchObject({
      code: 'ERR_REDIS_VERSION',
      message: `127.0.0.1:${old} is Redis 6.2.14; Redis 7.0 or later is needed, or Valkey`,
    })
    const none = await like('tile38_version:1\r\n')
    expect((await refusal(`redis://127.0.0.1:${none}`)).code).toBe('ERR_REDIS_VERSION')
    const valkey = await like('redis_version:7.2.4\r\nvalkey_version:8.0.1\r\nserver_name:valkey\r\nrole:master\r\n')
    await bench.open(`redis://127.0.0.1:${valkey}`)
    const ten = await like('redis_version:10.0.0\r\nrole:master\r\n')
    await bench.open(`redis://127.0.0.1:${ten}`)
  })

  it('refuses a replica', async () => {
    const master = await bench.redis()
    const replica = await startReplica(master)
    bench.atEnd(() => replica.stop())
    expect(await refusal(replica.url)).toMatchObject({
      code: 'ERR_REDIS_ROLE',
      message: expect.stringContaining('use the URL of its master'),
    })
    await master.kill()
    expect((await refusal(replica.url)).code).toBe('ERR_REDIS_ROLE')
  })

  it('refuses a server that deletes keys when it is full, unless told not to mind', async () => {
    const redis = await bench.redis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    expect(await refusal(redis.url)).toMatchObject({
      code: 'ERR_REDIS_EVICTION',
      message: expect.stringContaining('allkeys-lru'),
    })
    expect(bench.said).toEqual([])
    await bench.open(redis.url, { force: true })
    expect(bench.said).toEqual([expect.stringMatching(/^warn .*allkeys-lru/)])
  })

  it('says which URL a Cluster, a Sentinel or a single server needs', async () => {
    const node = await bench.redis({ args: ['--cluster-enabled', 'yes'] })
    expect(await refusal(node.url)).toMatchObject({
      code: 'ERR_REDIS_MODE',
      message: expect.stringContaining('redis+cluster://'),
    })
    const single = await bench.redis()
    expect(await refusal(single.url.replace('redis', 'redis+cluster'))).toMatchObject({
      code: 'ERR_REDIS_MODE',
      message: expect.stringContaining('use redis://'),
    })
    expect((await refusal(`${single.url.replace('redis', 'redis+sentinel')}/crawl`)).code).toBe('ERR_REDIS_MODE')
    // a Cluster without slots
    expect((await refusal(node.url.replace('redis', 'redis+cluster'))).code).toBe('ERR_REDIS_CONNECT')
  })

  it('says that there is no such database, and keeps to the one that there is', async () => {
    const redis = await bench.redis()
    expect(await refusal(`${redis.url}/16`)).toMatchObject({
      code: 'ERR_REDIS_URL',
      message: expect.stringContaining('does not have the database'),
    })
    const link = await bench.open(`${redis.url}/3`)
    await link.run(add, ['a'], ['7'])
    expect(await redis.cli('GET', 'a')).toBeNull()
    const same = await bench.open(`unix://${redis.socket}?db=3`)
    expect(await same.command('a', ['GET', 'a'])).toBe('7')
  })

  it('writes nothing', async () => {
    const redis = await bench.redis()
    await bench.open(redis.url)
    expect(await redis.cli('DBSIZE')).toBe(0)
    expect(await redis.info('rdb_changes_since_last_save')).toBe('0')
  })
})
