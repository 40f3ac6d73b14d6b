import { SkeinError } from '../../errors.ts'
import type { Clock } from '../../util/clock.ts'
import type { CrawlScripts, ScriptReply } from './crawl-scripts.ts'
import type { RedisFrontierOptions } from './redis-options.ts'
import type { RedisScripts } from './redis-scripts.ts'
import type { RequestEncoding } from './request-arguments.ts'

/** What a line is made of. */
export interface SessionLineParts {
  /** Of the session. */
  readonly id: string
  /** Of the run of the crawl that it takes part in. */
  readonly epoch: string
  /** The server's time when it was opened, in milliseconds since the epoch. */
  readonly serverTime: number
  readonly scripts: CrawlScripts
  readonly options: RedisFrontierOptions
  readonly clock: Clock
  /** Called when the session is lost, or closed. */
  readonly onClose: () => void
}

/** What a session says to the server, and whether the server still knows it. */
export class SessionLine {
  readonly id: string
  readonly epoch: string
  readonly options: RedisFrontierOptions
  readonly #crawl: CrawlScripts
  readonly #clock: Clock
  readonly #onClose: () => void
  #skew: number
  #lost = false

  constructor({ id, epoch, serverTime, scripts, options, clock, onClose }: SessionLineParts) {
    this.id = id
    this.epoch = epoch
    this.options = options
    this.#crawl = scripts
    this.#clock = clock
    this.#skew = clock.now() - serverTime
    this.#onClose = onClose
  }

  /** The session is gone, and what it held with it. */
  get lost(): boolean {
    return this.#lost
  }

  /** Milliseconds that the server's clock is behind this machine's, as of the last answer. */
  get skew(): number {
    return this.#skew
  }

  /** How requests are written for this server. */
  get encoding(): RequestEncoding {
    const { slotOf, fingerprint, dedupe } = this.options
    return { slotOf, fingerprint, dedupe, skew: this.#skew }
  }

  /**
   * Runs a script for this session; its reply has status 0.
   *
   * @throws SkeinError `ERR_SESSION_LOST` when the server does not know the session any more
   */
  async run(script: keyof RedisScripts, args: readonly string[]): Promise<ScriptReply> {
    const reply = await this.tell(script, args)
    if (reply === undefined) throw sessionLost()
    this.#skew = this.#clock.now() - (reply[1] as number)
    return reply
  }

  /** As `run`; undefined when the session is lost. */
  async tell(script: keyof RedisScripts, args: readonly string[]): Promise<ScriptReply | undefined> {
    const reply = await this.#crawl.run(this.#crawl.scripts[script], [this.epoch, ...args])
    if (reply[0] !== -2) return reply
    this.lose()
    return undefined
  }

  lose(): void {
    this.#lost = true
    this.#onClose()
  }
}

export function sessionLost(): SkeinError {
  return new SkeinError(
    'ERR_SESSION_LOST',
    'This worker gave no sign of life for longer than its session lasts, or Redis was restarted; its requests went to others. Connect again.',
  )
}
