import { decodeRequest } from '../../http/codec.ts'
import type { Request } from '../../http/request.ts'
import type { DeadLetter, FrontierInspector, Lease, SlotInfo } from '../contract.ts'
import type { CrawlScripts, ScriptReply } from './crawl-scripts.ts'
import { decodeSlot } from './redis-keys.ts'
import type { RedisFrontierOptions } from './redis-options.ts'
import { seenKey } from './seen-key.ts'

/** Slots that are asked for at once. */
const PAGE = 500

/** Looks at a crawl that is kept in Redis. */
export class RedisInspector implements FrontierInspector {
  readonly #scripts: CrawlScripts
  readonly #epoch: string
  readonly #options: RedisFrontierOptions

  constructor(scripts: CrawlScripts, epoch: string, options: RedisFrontierOptions) {
    this.#scripts = scripts
    this.#epoch = epoch
    this.#options = options
  }

  async slots(): Promise<readonly SlotInfo[]> {
    const slots: SlotInfo[] = []
    for (let first = 0; ; first += PAGE) {
      const [, , total, ...flat] = await this.#run('listSlots', [String(first), String(PAGE)])
      for (let i = 0; i < flat.length; i += 9) {
        const [queued, leased, blockedUntil, concurrency, delay, randomize, budget] = flat.slice(i + 1, i + 8).map(Number)
        slots.push({
          name: decodeSlot(String(flat[i])),
          queued: queued!,
          leased: leased!,
          blockedUntil: blockedUntil!,
          concurrency: concurrency!,
          delay: delay!,
          randomizeDelay: randomize === 1,
          budget: budget!,
        })
      }
      if (first + PAGE >= (total as number)) return slots
    }
  }

  async leases(): Promise<readonly Lease[]> {
    const [, , ...flat] = await this.#run('listLeases', [])
    const leases: Lease[] = []
    for (let i = 0; i < flat.length; i += 3) {
      const [, deliveries, , slot, ...text] = String(flat[i + 2]).split('\t')
      leases.push({
        token: flat[i + 1] as number,
        request: decodeRequest(text.join('\t')),
        slot: decodeSlot(slot!),
        deliveries: Number(deliveries),
      })
    }
    return leases
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const letters: DeadLetter[] = []
    const key = `${this.#scripts.keys.prefix}dead`
    let cursor = '0'
    do {
      const [next, flat] = (await this.#scripts.link.command(key, ['HSCAN', key, cursor, 'COUNT', '500'])) as [string, string[]]
      for (let i = 1; i < flat.length; i += 2) {
        const [at, deliveries, reason, error, , ...text] = flat[i]!.split('\t')
        letters.push({
          request: decodeRequest(text.join('\t')),
          reason: reason!,
          error: error!,
          deliveries: Number(deliveries),
          at: Number(at),
        })
      }
      cursor = String(next)
    } while (cursor !== '0')
    return letters
  }

  async seen(request: Request): Promise<boolean> {
    return (await this.#run('isSeen', [seenKey(this.#options.dedupe, this.#options.fingerprint(request))]))[2] === 1
  }

  async stats(): Promise<Record<string, number>> {
    const key = `${this.#scripts.keys.prefix}stats`
    const flat = (await this.#scripts.link.command(key, ['HGETALL', key])) as string[]
    const stats: Record<string, number> = {}
    for (let i = 0; i < flat.length; i += 2) stats[flat[i]!] = Number(flat[i + 1])
    return stats
  }

  #run(name: 'listSlots' | 'listLeases' | 'isSeen', args: readonly string[]): Promise<ScriptReply> {
    return this.#scripts.run(this.#scripts.scripts[name], [this.#epoch, ...args])
  }
}
