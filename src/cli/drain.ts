import type { Command } from 'commander'
import { addControl } from './control-crawl.ts'
import type { Outcome } from './outcome.ts'

/** `skein drain [crawl]`. */
export function addDrain(program: Command, outcome: Outcome): void {
  addControl(program, outcome, {
    word: 'drain',
    description: 'finish a crawl on Redis: no more seeds are taken, and when the queue is empty it is over',
    said: 'is drained',
    followed: { what: 'the crawl has finished', when: ({ state }) => state === 'finished' },
  })
}
