import type { Command } from 'commander'
import { addControl } from './control-crawl.ts'
import type { Outcome } from './outcome.ts'

/** `skein pause [crawl]`. */
export function addPause(program: Command, outcome: Outcome): void {
  addControl(program, outcome, {
    word: 'pause',
    description: 'hold a crawl on Redis: what is in flight is finished, nothing more is begun until `skein resume`',
    said: 'is paused',
    followed: { what: 'nothing is in flight', when: ({ totals }) => totals.leased === 0 },
  })
}
