import {
  type Config,
  type Frontier,
  type FrontierBackend,
  MemoryFrontier,
  memoryFrontierOptions,
  resolveSettings,
} from '../../src/index.ts'

/** The right to fetch something, as it was given. */
export interface Grant {
  readonly url: string
  /** Before the frontier was asked, in ms: it was not given earlier. */
  readonly before: number
  /** Which call of `lease` it was, from 1. */
  readonly call: number
}

/** A frontier in memory that writes down what it grants. */
export class WatchedFrontier implements FrontierBackend {
  readonly #memory: MemoryFrontier
  /** In their order. */
  readonly grants: Grant[] = []
  /** Calls of `lease` so far. In memory a lease is given within its call. */
  calls = 0

  constructor(settings: Partial<Config>) {
    this.#memory = new MemoryFrontier(memoryFrontierOptions(resolveSettings([{ name: 'test', values: { ...settings } }])))
  }

  async connect(): Promise<Frontier> {
    const session = await this.#memory.connect()
    return {
      ...session,
      lease: async (max) => {
        const call = ++this.calls
        const before = Date.now()
        const leased = await session.lease(max)
        for (const { request } of leased.leases) this.grants.push({ url: request.url, before, call })
        return leased
      },
    }
  }
}
