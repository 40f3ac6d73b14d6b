// node search.mjs WORDS: the sections of docs.jsonl that say most about them.
import { existsSync, readFileSync } from 'node:fs'

const words = process.argv.slice(2).map((word) => word.toLowerCase())
if (words.length === 0 || !existsSync('docs.jsonl')) {
  console.error('Usage: node search.mjs WORDS, after a crawl has written docs.jsonl')
  process.exit(2)
}
const sections = readFileSync('docs.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const count = (text, word) => text.toLowerCase().split(word).length - 1
// a word says more in a heading, and less the more sections have it
const weight = new Map(
  words.map((word) => [word, Math.log(sections.length / (1 + sections.filter(({ text }) => count(text, word) > 0).length))]),
)
const score = ({ heading, text }) =>
  words.reduce((sum, word) => sum + weight.get(word) * (8 * count(heading, word) + Math.min(count(text, word), 5)), 0)

const found = sections
  .map((section) => ({ ...section, score: score(section) }))
  .filter((section) => section.score > 0)
  .sort((a, b) => b.score - a.score)
for (const { page, heading, url, text } of found.slice(0, 5)) {
  const at = Math.max(0, text.toLowerCase().indexOf(words[0]) - 40)
  console.log(`${page} › ${heading}\n  ${url}\n  …${text.slice(at, at + 140).trim()}…\n`)
}
console.log(`${found.length} of ${sections.length} sections`)
