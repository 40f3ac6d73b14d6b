#!/usr/bin/env node
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (!existsSync(main)) {
  console.error('skein: this checkout is not built yet: run `npm ci` (or, where the packages are installed, `npm run build`).')
  process.exit(2)
}
const code = await (await import(main.href)).main(process.argv.slice(2))
// what a spider left open (a timer, a database) must not keep the process; what was printed must be out before it ends
process.stdout.write('', () => process.exit(code))
