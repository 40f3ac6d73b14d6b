import { closeSync, existsSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import type { StatValue } from '../stats/stats.ts'
import { makeFolder } from '../util/make-folder.ts'

/**
 * Makes sure, before the crawl, that the file of `--stats` can be written; the function returned writes it, whole or not at all, one
 * stat a line.
 */
export function openStatsFile(path: string): (stats: Readonly<Record<string, StatValue>>) => void {
  const file = resolve(path)
  const part = `${file}.part`
  try {
    makeFolder(dirname(file))
    if (existsSync(file) && !statSync(file).isFile()) throw new Error('it is no file')
    // nothing but trying tells for sure
    closeSync(openSync(part, 'w'))
    rmSync(part)
  } catch (error) {
    throw problem(path, error)
  }
  return (stats) => {
    try {
      writeFileSync(part, `${JSON.stringify(stats, null, 2)}\n`)
      renameSync(part, file)
    } catch (error) {
      throw problem(path, error)
    }
  }
}

function problem(path: string, error: unknown): UsageError {
  const why = (error as Error).message
  return new UsageError(
    'ERR_STATS_FILE',
    `Cannot write the stats to ${path}: ${why}. Name a file in a folder you may write to.`,
    { cause: error },
  )
}
