import { accessSync, constants, existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
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
  try {
    makeFolder(dirname(file))
    accessSync(dirname(file), constants.W_OK)
    if (existsSync(file) && !statSync(file).isFile()) throw new Error('it is no file')
  } catch (error) {
    const why = (error as Error).message
    throw new UsageError(
      'ERR_STATS_FILE',
      `Cannot write the stats to ${path}: ${why}. Name a file in a folder you may write to.`,
      { cause: error },
    )
  }
  return (stats) => {
    writeFileSync(`${file}.part`, `${JSON.stringify(stats, null, 2)}\n`)
    renameSync(`${file}.part`, file)
  }
}
