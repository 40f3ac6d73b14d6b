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

/** A request as Python of any version pickles one (protocol 2): text, whole numbers, True and False. */
export function pickled(fields: Readonly<Record<string, string | number | boolean>>): Buffer {
  const parts: Buffer[] = [Buffer.from('\x80\x02}(', 'latin1')]
  for (const [key, value] of Object.entries(fields)) {
    parts.push(text(key))
    if (typeof value === 'string') parts.push(text(value))
    else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0x88 : 0x89]))
    else {
      const int = Buffer.alloc(5, 'J')
      int.writeInt32LE(value, 1)
      parts.push(int)
    }
  }
  return Buffer.concat([...parts, Buffer.from('u.')])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = Buffer.alloc(5, 'X')
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
