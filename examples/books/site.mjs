// A small bookshop on loopback: 1,000 books in 20 categories, listed 20 to a page, with what real sites have: a robots.txt, a redirect,
// a dead link, pages that answer late, and one in fifty that fails the first time it is asked for.
import { createServer } from 'node:http'

const CATEGORIES = [
  'Travel',
  'Mystery',
  'History',
  'Classics',
  'Philosophy',
  'Romance',
  'Poetry',
  'Science',
  'Music',
  'Art',
  'Cooking',
  'Nature',
  'Politics',
  'Psychology',
  'Sport',
  'Travel Writing',
  'Drama',
  'Essays',
  '小说',
  '诗歌',
] // prettier-ignore
const FIRST = ['The Silent', 'A Distant', 'The Last', 'Beyond the', 'Under a', 'The Paper', 'An Honest', 'The Winter']
const SECOND = ['River', 'Harbour', 'Garden', 'Mountain', 'Letter', 'Clockmaker', 'Island', 'Orchard', 'Lantern', 'Road & Rail']
const BOOKS = 1000
const PER_PAGE = 20

const title = (id) =>
  `${FIRST[id % FIRST.length]} ${SECOND[Math.floor(id / FIRST.length) % SECOND.length]}, vol. ${1 + Math.floor(id / 80)}`
const price = (id) => (5 + ((id * 7919) % 4500) / 100).toFixed(2)
const escapeHtml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const slug = (id) =>
  `/book/${id}-${title(id)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')}.html`

const page = (heading, body) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(heading)} | Skein Books</title></head>
<body><nav><ul>${CATEGORIES.map((name, i) => `<li><a href="/category/${i}/">${escapeHtml(name)}</a></li>`).join('')}</ul>
<a href="/admin/">Staff</a> <a href="https://elsewhere.example/">Our friends</a></nav>
<h1>${escapeHtml(heading)}</h1>
${body}
</body></html>`

function listing(category, number) {
  const ids = Array.from({ length: BOOKS / CATEGORIES.length }, (_, i) => category + i * CATEGORIES.length)
  const shown = ids.slice((number - 1) * PER_PAGE, number * PER_PAGE)
  const next = number * PER_PAGE < ids.length ? `<p class="next"><a href="?page=${number + 1}">next</a></p>` : ''
  return page(
    CATEGORIES[category],
    `<ol>${shown.map((id) => `<li><a class="book" href="${slug(id)}">${escapeHtml(title(id))}</a></li>`).join('')}</ol>${next}`,
  )
}

function book(id) {
  const related = [id + 1, id + 21, id + 42].map((other) => other % BOOKS)
  return page(
    title(id),
    `<p class="price">£${price(id)}</p><p class="stock">${id % 9 === 0 ? 'Sold out' : `In stock (${1 + (id % 20)})`}</p>
<p class="rating" data-stars="${1 + (id % 5)}">${'★'.repeat(1 + (id % 5))}</p>
<p class="description">${'A book about what was lost, and who went to look for it. '.repeat(3 + (id % 5))}</p>
<h2>Readers also bought</h2><ul>${related.map((other) => `<li><a class="book" href="${slug(other)}">${escapeHtml(title(other))}</a></li>`).join('')}</ul>`,
  )
}

/** Starts the shop on a free port of 127.0.0.1. */
export async function startBookshop({ latency = 40 } = {}) {
  const failedOnce = new Set()
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1')
    const answer = (status, body, headers = {}) => {
      const wait = latency * (0.5 + ((url.pathname.length * 37 + url.search.length * 11) % 100) / 100)
      setTimeout(() => response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body), wait)
    }
    if (url.pathname === '/robots.txt') return answer(200, 'User-agent: *\nDisallow: /admin/\n', { 'content-type': 'text/plain' })
    if (url.pathname === '/')
      return answer(
        200,
        page('Skein Books', '<p><a href="/bestsellers">Bestsellers</a> <a href="/gone.html">Our history</a></p>'),
      )
    if (url.pathname === '/bestsellers') return answer(302, '', { location: '/category/0/' })
    const category = /^\/category\/(\d+)\/$/.exec(url.pathname)
    if (category && Number(category[1]) < CATEGORIES.length)
      return answer(200, listing(Number(category[1]), Number(url.searchParams.get('page') ?? 1)))
    const item = /^\/book\/(\d+)-/.exec(url.pathname)
    if (item && Number(item[1]) < BOOKS) {
      const id = Number(item[1])
      if (id % 50 === 7 && !failedOnce.has(id)) {
        failedOnce.add(id)
        return answer(503, page('One moment, please', ''), { 'retry-after': '1' })
      }
      return answer(200, book(id))
    }
    return answer(404, page('Not found', ''))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }
}
