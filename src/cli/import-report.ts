import { escapeControl } from '../log/escape-control.ts'
import type { ImportReport } from '../migrate/contract.ts'
import { grouped } from '../util/grouped.ts'
import { plainTable } from './plain-table.ts'

/** What came of an import, for people: a table, what could not be read, and how to go on. A pipe gets tabs between columns. */
export function importText(
  crawl: string,
  report: ImportReport,
  { dryRun, deletion }: { readonly dryRun: boolean; readonly deletion: boolean },
): string {
  const { requests, fingerprints, problems, changed, interrupted, deleted } = report
  const room = process.stdout.isTTY ? process.stdout.columns || 80 : undefined
  const count = (n: number): string => (room === undefined ? String(n) : grouped(n))
  // nothing was added, and what would be is not known before
  const unknown = (n: number): string => (dryRun ? '-' : count(n))
  const over = requests.overBudget > 0
  const table = plainTable(
    [
      { name: dryRun ? 'dry run' : 'imported' },
      { name: 'read', right: true },
      { name: 'added', right: true },
      { name: 'there already', right: true },
      ...(over ? [{ name: 'over budget', right: true } as const] : []),
      { name: 'unreadable', right: true },
    ],
    [
      [
        'requests',
        count(requests.read),
        unknown(requests.added),
        unknown(requests.present),
        ...(over ? [count(requests.overBudget)] : []),
        count(requests.unreadable),
      ],
      [
        'fingerprints',
        count(fingerprints.read),
        unknown(fingerprints.added),
        unknown(fingerprints.present),
        ...(over ? [''] : []),
        count(fingerprints.unreadable),
      ],
    ],
    room,
  )
  const unreadable = requests.unreadable + fingerprints.unreadable
  const lines = problems.map(({ place, reason }) => `${place}: ${reason}`)
  if (unreadable > problems.length) lines.push(`and ${count(unreadable - problems.length)} more that could not be read`)
  if (changed) lines.push('The source changed while it was read: stop every scrapy-redis worker, and import again.')
  if (interrupted) lines.push('Interrupted: the same command goes on from here.')
  if (deleted.length > 0) lines.push(`Deleted: ${deleted.join(', ')}`)
  else if (deletion) lines.push('Nothing was deleted: not all of it has been brought.')
  else if (!dryRun && !interrupted)
    lines.push(`The source is as it was. The crawl ${crawl} goes on with \`skein crawl\` and this --redis.`)
  return `${table}${lines.map((line) => `${escapeControl(line)}\n`).join('')}`
}
