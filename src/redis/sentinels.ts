import { SkeinError } from '../errors.ts'
import { backOff } from './back-off.ts'
import { Connection, type ConnectOptions, showPlace } from './connection.ts'
import { connectError } from './link-errors.ts'
import type { HostPort } from './parse-redis-url.ts'
import type { Topology } from './topology.ts'

/**
 * The master of a group that Sentinels watch: they are asked each time, one after the other until one knows.
 *
 * One of them is listened to as well: an old master that lives is made a replica only 8 s after the new one is named (Redis 7.0,
 * sentinel.c), and what is written to it until then is lost.
 */
export function sentinels(options: ConnectOptions, signal: AbortSignal): Topology {
  const { nodes, group } = options.url
  let first = 0
  let announced: HostPort | undefined
  return {
    async locate(_slot, lost) {
      // the others may hear of it later
      if (announced !== undefined && !lost) return announced
      announced = undefined
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
    watch(onMoved) {
      void listen(options, signal, group!, (place) => {
        announced = place
        onMoved(place)
      })
    },
  }
}

/** Listens to one Sentinel after the other, until `signal`. */
async function listen(
  options: ConnectOptions,
  signal: AbortSignal,
  group: string,
  onMoved: (place: HostPort) => void,
): Promise<void> {
  const { nodes } = options.url
  for (let at = 0; !signal.aborted; at++) {
    try {
      const connection = await openSentinel(nodes[at % nodes.length]!, options, signal)
      const close = (): void => connection.close()
      signal.addEventListener('abort', close)
      // `<group> <old host> <old port> <new host> <new port>`
      await connection.subscribe('+switch-master', (message) => {
        const [name, , , host, port] = message.split(' ')
        if (name === group && host !== undefined) onMoved({ host, port: Number(port) })
      })
      await new Promise<void>((resolve) => connection.onEnd(() => resolve()))
      signal.removeEventListener('abort', close)
    } catch {
      // another one may be there
    }
    if (!signal.aborted) await pause(backOff(Math.floor(at / nodes.length) + 2), signal)
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })

/** Most Sentinels have no password; those that have are given that of the servers. */
async function openSentinel(place: HostPort, options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const connectTimeout = Math.max(1_000, options.connectTimeout / options.url.nodes.length)
  const { username, password, ...url } = { ...options.url, database: 0 }
  return Connection.open(place, { ...options, connectTimeout, url }, signal).catch((error: SkeinError) => {
    if (error.code !== 'ERR_REDIS_AUTH' || password === undefined) throw error
    const user = username === undefined ? {} : { username }
    return Connection.open(place, { ...options, connectTimeout, url: { ...url, password, ...user } }, signal)
  })
}

async function askSentinel(place: HostPort, group: string, options: ConnectOptions, signal: AbortSignal): Promise<HostPort> {
  const connection = await openSentinel(place, options, signal)
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
