import { SkeinError } from '../../../errors.ts'
import { Connection, type ConnectOptions, showPlace } from './connection.ts'
import { connectError } from './link-errors.ts'
import type { HostPort } from './parse-redis-url.ts'
import type { Topology } from './topology.ts'

/** The master of a group that Sentinels watch: they are asked each time, one after the other until one knows. */
export function sentinels(options: ConnectOptions, signal: AbortSignal): Topology {
  const { nodes, group } = options.url
  let first = 0
  return {
    async locate() {
      const problems: SkeinError[] = []
      // another one first each time: one that is cut off from the others may go on naming the old master
      const from = first++
      for (let at = 0; at < nodes.length; at++) {
        try {
          return await askSentinel(nodes[(from + at) % nodes.length]!, group!, options, signal)
        } catch (error) {
          problems.push(error as SkeinError)
          if (signal.aborted) break
        }
      }
      throw problems.find(({ code }) => code === 'ERR_REDIS_GROUP') ?? problems[0]!
    },
    moved: () => undefined,
  }
}

async function askSentinel(place: HostPort, group: string, options: ConnectOptions, signal: AbortSignal): Promise<HostPort> {
  const connectTimeout = Math.max(1_000, options.connectTimeout / options.url.nodes.length)
  const { username, password, ...url } = { ...options.url, database: 0 }
  const connection = await Connection.open(place, { ...options, connectTimeout, url }, signal).catch((error: SkeinError) => {
    // most Sentinels have no password; those that have are given that of the servers
    if (error.code !== 'ERR_REDIS_AUTH' || password === undefined) throw error
    const user = username === undefined ? {} : { username }
    return Connection.open(place, { ...options, connectTimeout, url: { ...url, password, ...user } }, signal)
  })
  const where = showPlace(place)
  try {
    if (connection.info.mode !== 'sentinel')
      throw new SkeinError('ERR_REDIS_MODE', `${where} is no Sentinel: use redis:// with its host and port`)
    const answer = (await connection.ask(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', group])) as readonly [string, string] | null
    if (answer === null)
      throw new SkeinError('ERR_REDIS_GROUP', `the Sentinel at ${where} knows no group ${JSON.stringify(group)}`)
    return { host: answer[0], port: Number(answer[1]) }
  } catch (error) {
    throw connectError(error, where, options.url.tls)
  } finally {
    connection.close()
  }
}
