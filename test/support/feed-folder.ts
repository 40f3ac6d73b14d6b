import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { FeedOptions } from '../../src/feed/contract.ts'
import { type FeedContext, openFeed } from '../../src/feed/open-feed.ts'

/** A folder that each test has for itself, and feeds in it. */
export interface FeedFolder {
  readonly path: string
  /** What feeds are opened with: the spider `books`, begun in 1970. A test may have it otherwise. */
  context: FeedContext
  /** The warnings of its feeds. */
  readonly told: string[]
  /** The path of a file in it. */
  at(name: string): string
  /** What is in it, sorted; also in its folders, as paths, where a test asks for an ending. */
  names(ending?: string): string[]
  /** One run of a crawl whose items are these. */
  write(options: FeedOptions, ids: Iterable<number>): Promise<void>
  /** Has all locks in it say that the process that took them is dead. */
  die(): void
  /** What a process leaves that dies after these items were flushed. */
  dieAfter(options: FeedOptions, ids: Iterable<number>): Promise<void>
}

/** Makes the folder before each test of the file or block, and takes it away after it. */
export function useFeedFolder(): FeedFolder {
  let path = ''
  const folder: FeedFolder = {
    get path() {
      return path
    },
    context: contextOf([]),
    told: [],
    at: (name) => join(path, name),
    names(ending) {
      const names = readdirSync(path, { recursive: ending !== undefined, encoding: 'utf8' })
      return names.filter((name) => name.endsWith(ending ?? '')).sort()
    },
    async write(options, ids) {
      const feed = await openFeed(options, folder.context)
      for (const id of ids) feed.write(item(id))
      await feed.close()
    },
    die() {
      // a process number that no process has, on Linux
      for (const name of folder.names('.lock')) lockAs(folder.at(name), { host: hostname(), pid: 2 ** 22 + 1, began: '1' })
    },
    async dieAfter(options, ids) {
      const feed = await openFeed(options, folder.context)
      for (const id of ids) feed.write(item(id))
      await feed.flush()
      folder.die()
    },
  }
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'skein-feed-'))
    folder.told.length = 0
    folder.context = contextOf(folder.told)
  })
  afterEach(() => rmSync(path, { recursive: true, force: true }))
  return folder
}

/** An item, with text that formats have to take care of. */
export function item(id: number): { readonly id: number; readonly text: string } {
  return { id, text: `item number ${id} é\u2028"` }
}

/** The numbers from the first up to the second, without it. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

/** Has a lock say that somebody else holds it. */
export function lockAs(path: string, holder: object): void {
  rmSync(path, { force: true })
  symlinkSync(JSON.stringify(holder), path)
}

function contextOf(told: string[]): FeedContext {
  return { spiderName: 'books', startTime: new Date(0), warn: (message) => void told.push(message) }
}
