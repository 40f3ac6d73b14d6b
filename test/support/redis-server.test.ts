import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from './redis-server.ts'

describe('startRedis', () => {
  let redis: RedisServer | undefined
  afterEach(() => redis?.stop())

  it('comes back at its port with what it had written', async () => {
    redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'], password: 'a b' })
    await redis.cli('SET', 'key', 'value')
    const { pid, port } = redis
    await redis.kill('SIGKILL')
    await expect(redis.cli('PING')).rejects.toThrow()
    await redis.restart()
    expect(redis.port).toBe(port)
    expect(redis.pid).not.toBe(pid)
    expect(await redis.cli('GET', 'key')).toBe('value')
  })

  it('leaves nothing behind, and refuses a port that is taken', async () => {
    redis = await startRedis()
    await expect(startRedis({ port: redis.port })).rejects.toThrow(`port ${redis.port} is taken`)
    const { dir, pid } = redis
    expect(existsSync(redis.socket)).toBe(true)
    await redis.stop()
    expect(existsSync(dir)).toBe(false)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
