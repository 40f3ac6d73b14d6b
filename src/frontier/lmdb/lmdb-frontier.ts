import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { grouped } from '../../util/grouped.ts'
import { VERSION } from '../../version.ts'
import type { Frontier, FrontierBackend, WorkerInfo } from '../contract.ts'
import { claimFolder } from './crawl-folder.ts'
import { openStore } from './crawl-store.ts'
import { type Joined, joinCrawl } from './join-crawl.ts'
import type { LmdbFrontierOptions } from './lmdb-options.ts'
import { LmdbSession } from './lmdb-session.ts'
import { ownMark } from './process-mark.ts'
import { describeReaped } from './reap.ts'
import { Steps } from './steps.ts'

/** A crawl in a folder. */
export interface LmdbBackend extends FrontierBackend {
  connect(worker?: WorkerInfo, lost?: Frontier): Promise<LmdbSession>
  /** Writes all to the disk, and closes the files. Sessions are to be closed before; those that are not run out by themselves. */
  close(): Promise<void>
}

/**
 * A crawl that outlives its process, in a folder of this machine: no server, and any number of processes may share it. Each step is one
 * transaction of LMDB, so that the folder holds a consistent crawl whenever whatever dies. `docs/on-one-machine.md` says what outlives what.
 */
export function lmdbFrontier(options: LmdbFrontierOptions): LmdbBackend {
  return new Backend({ ...options, folder: resolve(options.folder) })
}

class Backend implements LmdbBackend {
  readonly #options: LmdbFrontierOptions
  readonly #process = ownMark()
  readonly #sessions = new Set<LmdbSession>()
  #steps: Promise<Steps> | undefined
  /** An earlier run is thrown away once, not again by the session that takes the place of a lost one. */
  #flush: boolean

  constructor(options: LmdbFrontierOptions) {
    this.#options = options
    this.#flush = options.flushOnStart
  }

  async connect(worker?: WorkerInfo, lost?: Frontier): Promise<LmdbSession> {
    const steps = await (this.#steps ??= this.#open())
    const who = worker ?? { host: hostname(), pid: process.pid, version: VERSION }
    const joined = joinCrawl(steps, { worker: who, process: this.#process, flush: this.#flush, lost: lost?.crawlId })
    this.#flush = false
    this.#tell(joined)
    const session = new LmdbSession({
      id: joined.session,
      epoch: joined.epoch,
      steps,
      process: this.#process,
      callbacks: who.callbacks,
      siblings: this.#sessions,
      onClose: (closed) => this.#sessions.delete(closed),
    })
    this.#sessions.add(session)
    return session
  }

  async close(): Promise<void> {
    const steps = await this.#steps?.catch(() => undefined)
    this.#steps = undefined
    for (const session of this.#sessions) session.unwatch()
    await steps?.store.close()
  }

  async #open(): Promise<Steps> {
    const { folder, spider, durability, log } = this.#options
    const remote = claimFolder(folder, spider)
    if (remote !== undefined)
      log.warn(
        `${folder} is on ${remote}: a crawl is safe there only while one machine has it; a disk of this machine is safe and faster`,
      )
    return new Steps(await openStore(folder, durability), this.#options)
  }

  #tell({ how, others, left, reaped }: Joined): void {
    const { log, folder, spider } = this.#options
    if (reaped?.mayBeDamaged)
      log.warn(
        `The machine went down while the crawl in ${folder} ran, which may have damaged it: begin anew with \`flushOnStart\` if anything is amiss. With \`jobDurability: 'power'\` this cannot happen`,
      )
    if (reaped !== undefined && reaped.sessions > 0) log.warn(describeReaped(reaped.sessions, reaped.returned, reaped.buried))
    if (how === 'again') log.info(`The crawl ${spider} begins again; what it saw before is kept`)
    if (how === 'resumed')
      log.info(
        `The crawl ${spider} was interrupted and goes on where it was: ${grouped(left)} ${left === 1 ? 'request is' : 'requests are'} left in ${folder}`,
      )
    if (how === 'joined')
      log.info(`Joined the crawl ${spider}: ${others} other ${others === 1 ? 'worker takes' : 'workers take'} part`)
  }
}
