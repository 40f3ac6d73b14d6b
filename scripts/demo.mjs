// npm run demo: a bookshop on loopback, crawled from the first page to the last item.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkNode, giveUp, installDependencies, root, step } from './steps.mjs'

checkNode()
installDependencies()
step('Building', process.execPath, ['scripts/build.mjs'])

const { startBookshop } = await import('../examples/books/site.mjs')
const shop = await startBookshop()
const output = join(mkdtempSync(join(tmpdir(), 'skein-demo-')), 'books.jsonl')
const command = ['crawl', 'books', '-a', `site=${shop.url}`, '-O', output]
console.log(`\nA bookshop of 1,000 books is open at ${shop.url}\n\n  skein ${command.join(' ')}\n`)

const child = spawn(process.execPath, [join(root, 'bin', 'skein.mjs'), ...command], {
  cwd: join(root, 'examples', 'books'),
  stdio: 'inherit',
})
const status = await new Promise((resolve) => child.on('exit', resolve))
shop.close()
if (status !== 0) giveUp(`The crawl ended with ${status}; its own words are above.`)

const lines = readFileSync(output, 'utf8').trimEnd().split('\n')
console.log(`\n${lines.length} books are in ${output}; the first three:\n`)
for (const line of lines.slice(0, 3)) console.log(`  ${line}`)
console.log(`\nThe spider is examples/books/spiders/books.ts, 32 lines. Next: README.md, "Your first spider".`)
