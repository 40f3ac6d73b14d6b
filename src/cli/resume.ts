import type { Command } from 'commander'
import { addControl } from './control-crawl.ts'
import type { Outcome } from './outcome.ts'

/** `skein resume [crawl]`. */
export function addResume(program: Command, outcome: Outcome): void {
  addControl(program, outcome, {
    word: 'resume',
    description: 'take back what pause, drain or stop said',
    said: 'goes on',
  })
}
