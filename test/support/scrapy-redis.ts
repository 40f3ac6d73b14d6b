import { readFileSync } from 'node:fs'
import { createClient } from '@redis/client'

/** A request as Scrapy describes it. */
export interface DescribedRequest {
  readonly url: string
  readonly method: string
  /** Base64. */
  readonly body: string
  readonly priority: number
  readonly dontFilter: boolean
  readonly headers: readonly (readonly [string, string])[]
  readonly callback: string | null
  readonly errback: string | null
  readonly cbArgs: object
  readonly meta: Readonly<Record<string, unknown>>
}

/** What `scrapy_redis_queues.py` recorded; members in base64, as ZRANGE and LRANGE give them. */
export interface RecordedQueues {
  readonly queues: {
    readonly priority: { readonly members: readonly (readonly [string, number])[]; readonly pops: readonly DescribedRequest[] }
    readonly fifo: { readonly members: readonly string[]; readonly pops: readonly DescribedRequest[] }
    readonly lifo: { readonly members: readonly string[]; readonly pops: readonly DescribedRequest[] }
  }
  readonly dupefilter: readonly string[]
  /** What is no request, by what is wrong with it. */
  readonly bad: Readonly<Record<string, string>>
}

export const recordedQueues: RecordedQueues = JSON.parse(
  readFileSync(new URL('../vectors/scrapy_redis_queues.json', import.meta.url), 'utf8'),
) as RecordedQueues

/** Sends commands whose arguments are bytes. */
export async function sendBytes(url: string, commands: readonly (readonly (string | Buffer)[])[]): Promise<void> {
  const client = createClient({ url })
  await client.connect()
  try {
    for (const command of commands) await client.sendCommand([...command])
  } finally {
    await client.close()
  }
}

/** The commands that put a recorded queue at `shop:requests`, with its dupe filter. */
export function recordedCommands(kind: keyof RecordedQueues['queues']): (string | Buffer)[][] {
  const key = 'shop:requests'
  const filter = ['SADD', 'shop:dupefilter', ...recordedQueues.dupefilter]
  if (kind !== 'priority')
    return [filter, ...recordedQueues.queues[kind].members.map((member) => ['RPUSH', key, Buffer.from(member, 'base64')])]
  const { members } = recordedQueues.queues.priority
  return [filter, ...members.map(([member, score]) => ['ZADD', key, String(score), Buffer.from(member, 'base64')])]
}

/** What {@link pickled} can write. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

/** A request as Python of any version pickles one (protocol 2): text, numbers, True, False, None, and lists and dicts of them. */
export function pickled(fields: Readonly<Record<string, Plain>>): Buffer {
  return Buffer.concat([Buffer.from([0x80, 2]), plain(fields), Buffer.from('.')])
}

function plain(value: Plain): Buffer {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'boolean') return Buffer.from([value ? 0x88 : 0x89])
  if (typeof value === 'number') return number(value)
  if (value === null) return Buffer.from('N')
  if (Array.isArray(value)) return Buffer.concat([Buffer.from(']('), ...(value as Plain[]).map(plain), Buffer.from('e')])
  const entries = Object.entries(value as Record<string, Plain>)
  return Buffer.concat([Buffer.from('}('), ...entries.flatMap(([key, one]) => [text(key), plain(one)]), Buffer.from('u')])
}

function number(value: number): Buffer {
  const whole = Number.isInteger(value)
  const bytes = Buffer.alloc(whole ? 5 : 9, whole ? 'J' : 'G')
  if (whole) bytes.writeInt32LE(value, 1)
  else bytes.writeDoubleBE(value, 1)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = Buffer.alloc(5, 'X')
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
