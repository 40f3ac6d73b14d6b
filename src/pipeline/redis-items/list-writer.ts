import type { RedisLink } from '../../redis/link.ts'
import seenCompact from '../../redis/lua/seen-compact.lua'
import { luaScript } from '../../redis/lua-script.ts'
import type { Troubles } from '../../redis/trouble-log.ts'
import { StoreError } from '../store/store-error.ts'
import type { ListKeys } from './list-keys.ts'
import pushItems from './lua/push-items.lua'
import pushed from './lua/pushed.lua'
import { redisStoreError } from './redis-store-error.ts'

/** What the script calls, and what the link needs. */
export const LIST_COMMANDS: readonly string[] =
  'eval evalsha hget hmget hset pexpire ping rpush sadd sismember smembers srem type'.split(' ')

const script = luaScript('push-items', [pushed, seenCompact, pushItems])

/** An item on its way into the list. */
export interface ListEntry {
  /** 63 bits of a hash of the item's key, in decimal. */
  readonly fingerprint: string
  readonly text: string
}

/** Where and how items are appended. */
export interface ListWriterOptions {
  readonly where: string
  readonly keys: ListKeys
  /** Milliseconds. */
  readonly remember: number
}

/**
 * Appends items by one script a batch. The link sends what it was given until it is answered; a write does not wait for that, but fails as soon
 * as there is trouble, so that whoever writes can tell of it. The next one first waits for the answer that is still to come: what is on
 * its way is one batch, however often it is tried.
 */
export class ListWriter implements Troubles {
  readonly #options: ListWriterOptions
  #link: RedisLink | undefined
  /** Settled when the link was answered; never rejects. */
  #sent: Promise<unknown> = Promise.resolve()
  #attempt = 0
  #giveUp = (_error: StoreError): void => {}

  constructor(options: ListWriterOptions) {
    this.#options = options
  }

  /** Begins to use a link, which tells this of its troubles. Rejects if nothing can be appended. */
  async use(link: RedisLink): Promise<void> {
    this.#link = link
    await this.#unlessTrouble(this.#push([]))
  }

  /** Appends those that were not appended in this run. Gives how many. */
  async write(entries: readonly ListEntry[]): Promise<number> {
    const attempt = ++this.#attempt
    await this.#unlessTrouble(this.#sent)
    // a later one has the same items
    if (attempt !== this.#attempt) return 0
    const pushing = this.#push(entries)
    this.#sent = pushing.catch(() => {})
    return this.#unlessTrouble(pushing)
  }

  begin(_kind: string, message: string): void {
    this.#giveUp(new StoreError('ERR_STORE_AWAY', `${this.#options.where} cannot take items: ${message}`))
  }

  over(): void {}

  #unlessTrouble<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject
      answer.then(resolve, reject)
    })
  }

  async #push(entries: readonly ListEntry[]): Promise<number> {
    const { where, keys, remember } = this.#options
    const args = [String(remember), ...entries.flatMap(({ fingerprint, text }) => [fingerprint, text])]
    let reply: readonly [number, number | string]
    try {
      reply = (await this.#link!.run(script, [keys.list, keys.pushed], args)) as typeof reply
    } catch (error) {
      throw redisStoreError(error, where)
    }
    if (reply[0] === 0) return Number(reply[1])
    throw new StoreError(
      'ERR_STORE_CONFLICT',
      `${where}: the key ${keys.list} holds a ${reply[1]}, where a list is expected. Something else uses this name: choose another one with \`key\`, or another database`,
    )
  }
}
