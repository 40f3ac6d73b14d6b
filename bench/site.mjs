// A shop in memory for measurements: as many pages as asked for, about 23 KB and 44 links each. Run by run.mjs in a process of its own, so that
// its work is not counted; prints its URL.
import { createServer } from 'node:http'

const pages = Number(process.argv[2])
const words =
  'the of and a to in is was that for on are with as his they at be this have from or one had by word but not what'.split(' ')
const text = (seed, count) =>
  Array.from({ length: count }, (_, i) => words[(seed * 31 + i * 7 + ((i * i) % 13)) % words.length]).join(' ')
const path = (n) => (n === 0 ? '/' : `/c/${n % 50}/item-${n}.html`)

function page(n) {
  const links = Array.from({ length: 40 }, (_, i) => (n * 7 + i * i * 131 + i) % pages)
  const items = links.map(
    (to, i) =>
      `<li class="item"><a href="${path(to)}?utm_source=list">${text(to, 3)}</a> <span class="note">${text(i + n, 60)}</span></li>`,
  )
  return Buffer.from(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Item ${n} &amp; more</title><link rel="stylesheet" href="/style.css">
<script>var data = {"id": ${n}, "link": "<a href='/not-a-link'>"};</script></head>
<body><nav><a href="/">Home</a> <a href="${path((n + 1) % pages)}">Next</a> <a href="mailto:a@b.example">Mail</a> <a rel="nofollow" href="/trap/${n}">Trap</a></nav>
<h1>Item ${n}</h1><p class="intro">${text(n, 200)}</p><span class="price">${(n % 997) / 10}</span>
<ul>${items.join('\n')}</ul><footer>${text(n + 5, 80)}</footer></body></html>`)
}

const numberOf = (url) => (url === '/' ? 0 : Number(/item-(\d+)\.html/.exec(url)?.[1] ?? -1))
const server = createServer((request, response) => {
  const n = numberOf(request.url.replace(/\?.*/, ''))
  const found = n >= 0 && n < pages
  response.writeHead(found ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' })
  response.end(found ? page(n) : '')
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`))
process.on('disconnect', () => process.exit())
