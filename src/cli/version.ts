import type { Command } from 'commander'
import { VERSION } from '../version.ts'

/** `skein version`; the short way past everything else is in `main.ts`. */
export function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the version')
    .action(() => void process.stdout.write(`skein ${VERSION}\n`))
}
