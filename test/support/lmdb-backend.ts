import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { FrontierOptions } from '../../src/frontier/contract.ts'
import { type LmdbBackend, lmdbFrontier } from '../../src/frontier/lmdb/lmdb-frontier.ts'
import type { LmdbFrontierOptions } from '../../src/frontier/lmdb/lmdb-options.ts'
import type { Logger } from '../../src/log/contract.ts'
import { freeOptions } from '../conformance/frontier.ts'
import { FakeClock } from './fake-clock.ts'

/** Crawls in folders of their own, which are gone after each test. */
export interface LmdbBench {
  /** What was logged since the test began: `warn text`. */
  readonly log: string[]
  readonly clock: FakeClock
  /** A folder that is yet to be made. */
  folder(): string
  /** A crawl; in a folder of its own where none is given. */
  backend(options?: Partial<LmdbFrontierOptions> & Partial<FrontierOptions>): LmdbBackend
  /** Closes all backends that were made. */
  close(): Promise<void>
}

/** For the tests of the file that calls this. */
export function lmdbBench(): LmdbBench {
  const lines: string[] = []
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    debugEnabled: false,
  }
  const clock = new FakeClock()
  const roots: string[] = []
  const backends: LmdbBackend[] = []
  const close = async (): Promise<void> => {
    for (const backend of backends.splice(0)) await backend.close()
  }
  const folder = (): string => {
    const root = mkdtempSync(join(tmpdir(), 'skein-crawl-'))
    roots.push(root)
    return join(root, 'crawl')
  }
  afterEach(async () => {
    await close()
    for (const root of roots.splice(0)) rmSync(root, { recursive: true })
    lines.length = 0
  })
  return {
    log: lines,
    clock,
    folder,
    close,
    backend(options = {}) {
      const backend = lmdbFrontier({
        ...freeOptions,
        folder: options.folder ?? folder(),
        spider: 'quotes',
        persist: false,
        flushOnStart: false,
        durability: 'process',
        log,
        clock,
        ...options,
      })
      backends.push(backend)
      return backend
    },
  }
}
