import { SkeinError } from '../errors.ts'
import { Connection, type ConnectOptions, showPlace } from './connection.ts'
import { connectError } from './link-errors.ts'
import type { HostPort } from './parse-redis-url.ts'
import { checkServer } from './server-info.ts'
import type { Topology } from './topology.ts'

/** One line of CLUSTER SLOTS: these slots are at this master. */
interface Range {
  readonly from: number
  readonly to: number
  readonly master: HostPort
}

/** A Redis Cluster: which node has which slot, as its nodes say. */
export interface Cluster extends Topology {
  /** All masters. */
  masters(): Promise<readonly HostPort[]>
}

export function cluster(options: ConnectOptions, signal: AbortSignal): Cluster {
  const { nodes: seeds } = options.url
  let known: readonly HostPort[] = []
  let ranges: readonly Range[] = []
  const moves = new Map<number, HostPort>()
  let first = 0

  /** Asks one node after the other, another one first each time: one that is cut off would go on telling what was. */
  async function ask(): Promise<void> {
    const nodes = distinct([...seeds, ...known])
    const connectTimeout = Math.max(1_000, options.connectTimeout / nodes.length)
    const problems: unknown[] = []
    const from = first++
    for (let at = 0; at < nodes.length; at++) {
      try {
        const answer = await askNode(nodes[(from + at) % nodes.length]!, { ...options, connectTimeout }, signal)
        ranges = answer.ranges
        known = answer.nodes
        moves.clear()
        return
      } catch (error) {
        problems.push(error)
        if (signal.aborted) break
      }
    }
    throw problems[0]
  }

  return {
    async locate(slot, lost) {
      if (lost || ranges.length === 0) await ask()
      const place = moves.get(slot) ?? ranges.find(({ from, to }) => from <= slot && slot <= to)?.master
      if (place !== undefined) return place
      throw new SkeinError('ERR_REDIS_CONNECT', `no node of the Redis Cluster has slot ${slot}: it is not set up completely`)
    },
    moved(slot, place) {
      const colon = place.lastIndexOf(':')
      // without a host it is the one that was asked, which the next question finds
      if (colon > 0) moves.set(slot, { host: place.slice(0, colon), port: Number(place.slice(colon + 1)) })
      else ranges = []
    },
    async masters() {
      if (ranges.length === 0) await ask()
      return distinct(ranges.map(({ master }) => master))
    },
  }
}

const distinct = (places: readonly HostPort[]): HostPort[] => [
  ...new Map(places.map((place) => [showPlace(place), place])).values(),
]

async function askNode(
  place: HostPort,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<{ ranges: readonly Range[]; nodes: readonly HostPort[] }> {
  const connection = await Connection.open(place, options, signal)
  try {
    // any node may answer, a replica too
    checkServer({ ...connection.info, role: 'master', loading: false }, 'cluster', connection.where)
    const answer = (await connection.ask(['CLUSTER', 'SLOTS'])) as readonly [
      number,
      number,
      ...(readonly [string | null, number])[],
    ][]
    // a node that does not know its own address leaves it out
    const toPlace = ([host, port]: readonly [string | null, number]): HostPort => ({ host: host || place.host, port })
    return {
      ranges: answer.map(([from, to, master]) => ({ from, to, master: toPlace(master!) })),
      nodes: answer.flatMap(([, , ...nodes]) => nodes.map(toPlace)),
    }
  } catch (error) {
    throw connectError(error, connection.where, options.url.tls)
  } finally {
    connection.close()
  }
}
