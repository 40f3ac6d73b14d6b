import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { flatString } from './flat-string.ts'

const source = `
const keepAlive = ${flatString.toString()}
const kept = []
for (let i = 0; i < 2000; i++) {
  const page = i + Buffer.alloc(200_000, PATTERN + i).toString('utf8')
  kept.push(KEEP(page.slice(1000, 1060)))
}
globalThis.gc()
globalThis.gc()
console.log(JSON.stringify({ heap: process.memoryUsage().heapUsed, kept: kept.length }))
`

function heapAfter(pattern: string, keep: string): number {
  const program = source.replace('PATTERN', JSON.stringify(pattern)).replace('KEEP', keep)
  const run = spawnSync(process.execPath, ['--expose-gc', '--max-old-space-size=3000', '-e', program], { encoding: 'utf8' })
  expect(run.stderr).toBe('')
  return (JSON.parse(run.stdout) as { heap: number }).heap
}

test.each(['abcdefgh ', 'ab日本 '])('2,000 cuttings of 200 KB pages keep only themselves: %j', (pattern) => {
  expect(heapAfter(pattern, 'keepAlive')).toBeLessThan(20e6)
})

test('the measurement sees a view that keeps its page', () => {
  expect(heapAfter('abcdefgh ', '')).toBeGreaterThan(300e6)
})

test.each([
  '',
  'short',
  'x'.repeat(13),
  'lone \ud800 and \udc00 surrogates stay',
  '日本語のテキストと😀',
  ' leading space stays',
  'nul \0 stays too, yes',
])('keeps every code unit: %j', (text) => {
  expect(flatString(text)).toBe(text)
  expect(flatString(`${text}${'tail'.repeat(5)}`.slice(0, text.length))).toBe(text)
})
