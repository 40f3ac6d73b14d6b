import { SkeinError } from '../errors.ts'
import type { ControlChange, ControlWord } from './contract.ts'
import type { CrawlHandle } from './crawl-handle.ts'
import { nameOfCall } from './name-of-call.ts'
import { operatorScripts } from './operator-scripts.ts'
import { numberOf } from './reply.ts'

/** Pauses, resumes, drains or stops a crawl, and tells its workers. */
export async function control(handle: CrawlHandle, word: ControlWord, reason = ''): Promise<ControlChange> {
  const given = reason === '' ? (word === 'stop' ? 'stopped' : '') : reason
  const [status, before, now, why, workers, leased] = await handle.run(operatorScripts.control, [nameOfCall(), word, given])
  if (status === -3) {
    throw new SkeinError(
      'ERR_CRAWL_FINISHED',
      `The crawl ${handle.crawl} has finished: there is nothing to ${word}. \`skein status\` shows what it did.`,
    )
  }
  if (status === -4) {
    throw new SkeinError(
      'ERR_CRAWL_STOPPED',
      `The crawl ${handle.crawl} is being stopped (${String(before)}), which cannot be turned into a ${word}. \`skein resume\` takes the stop back.`,
    )
  }
  return {
    crawl: handle.crawl,
    before: String(before) as ControlChange['before'],
    now: String(now) as ControlChange['now'],
    reason: String(why),
    workers: numberOf(workers),
    leased: numberOf(leased),
  }
}
