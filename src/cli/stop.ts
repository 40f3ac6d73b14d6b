import type { Command } from 'commander'
import { addControl } from './control-crawl.ts'
import type { Outcome } from './outcome.ts'

/** `skein stop [crawl]`. */
export function addStop(program: Command, outcome: Outcome): void {
  addControl(program, outcome, {
    word: 'stop',
    description: 'end all workers of a crawl on Redis in good order; the queue stays for the next start',
    said: 'is stopped',
    followed: { what: 'no worker takes part', when: ({ workers }) => workers.length === 0 },
  })
}
