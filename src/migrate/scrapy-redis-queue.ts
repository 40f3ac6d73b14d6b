import { UsageError } from '../errors.ts'
import { unescapeBytes } from '../frontier/redis/escaped-bytes.ts'
import type { RedisLink } from '../redis/link.ts'
import { luaScript } from '../redis/lua-script.ts'
import type { QueueOrder } from './contract.ts'
import readQueue from './lua/read-queue.lua'

const script = luaScript('read-queue', [readQueue], { allowOom: true })

/** One member of a queue. */
export interface QueueMember {
  readonly pickle: Uint8Array
  /** Of a zset; scrapy-redis makes it the negated priority. */
  readonly score?: number
  /** Where it is, for people: key and place. */
  readonly place: string
}

/** A queue of scrapy-redis, as it lies in Redis. Reading it changes nothing. */
export interface ScrapyRedisQueue {
  readonly key: string
  readonly order: QueueOrder
  /** How many members it has. */
  length(): Promise<number>
  /** Members number `first` to `first + count - 1`, counted from the one that would be taken next. */
  read(first: number, count: number): Promise<QueueMember[]>
}

/**
 * Looks what is at the key of a queue; undefined for nothing. `order` must be given for a list, which FifoQueue and LifoQueue write alike.
 *
 * Throws UsageErrors: `ERR_IMPORT_ORDER` for an order that is missing or is not that of what is there, `ERR_IMPORT_SOURCE` for what is no queue.
 */
export async function openScrapyRedisQueue(
  link: RedisLink,
  key: string,
  order: QueueOrder | undefined,
): Promise<ScrapyRedisQueue | undefined> {
  const type = String(await link.command(key, ['TYPE', key]))
  if (type === 'none') return undefined
  if (type !== 'list' && type !== 'zset')
    throw new UsageError(
      'ERR_IMPORT_SOURCE',
      `The key ${key} holds a ${type}. Expected the queue of scrapy-redis: a zset or a list.`,
    )
  const fits = type === 'zset' ? [undefined, 'priority'] : ['fifo', 'lifo']
  if (!fits.includes(order)) {
    throw new UsageError(
      'ERR_IMPORT_ORDER',
      type === 'zset'
        ? `The key ${key} holds a zset, which is a PriorityQueue: expected --order priority, or none, got ${order}.`
        : `The key ${key} holds a list, and nothing in it tells how it is read: expected --order fifo (FifoQueue, SpiderQueue) or --order lifo (LifoQueue, SpiderStack)${order === undefined ? '' : `, got ${order}`}.`,
    )
  }
  return type === 'zset' ? sortedSet(link, key) : list(link, key, order as 'fifo' | 'lifo')
}

function sortedSet(link: RedisLink, key: string): ScrapyRedisQueue {
  return {
    key,
    order: 'priority',
    length: async () => Number(await link.command(key, ['ZCARD', key])),
    async read(first, count) {
      const reply = (await link.run(script, [key], ['zset', String(first), String(first + count - 1)])) as string[]
      return Array.from({ length: reply.length / 2 }, (_, i) => ({
        pickle: unescapeBytes(reply[2 * i]!),
        score: Number(reply[2 * i + 1]),
        place: `${key}, rank ${first + i}`,
      }))
    },
  }
}

function list(link: RedisLink, key: string, order: 'fifo' | 'lifo'): ScrapyRedisQueue {
  return {
    key,
    order,
    length: async () => Number(await link.command(key, ['LLEN', key])),
    async read(first, count) {
      // both push on the left; fifo takes from the right
      const [from, to] = order === 'lifo' ? [first, first + count - 1] : [-first - count, -first - 1]
      const reply = (await link.run(script, [key], ['list', String(from), String(to)])) as string[]
      if (order === 'fifo') reply.reverse()
      return reply.map((text, i) => ({
        pickle: unescapeBytes(text),
        place: `${key}, index ${order === 'lifo' ? first + i : -1 - first - i}`,
      }))
    },
  }
}
