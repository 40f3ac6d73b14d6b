// A small bookshop on loopback: 1,000 books in 20 categories, listed 20 to a page, with what real sites have: a robots.txt, a redirect,
// a dead link, pages that answer late, one in fifty that fails the first time it is asked for, and a cover for each book.
import { crc32, deflateSync } from 'node:zlib'
import { fakeSite } from 'skein/testing'

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
    `<img class="cover" src="/cover/${id}.png" alt="">
<p class="price">£${price(id)}</p><p class="stock">${id % 9 === 0 ? 'Sold out' : `In stock (${1 + (id % 20)})`}</p>
<p class="rating" data-stars="${1 + (id % 5)}">${'★'.repeat(1 + (id % 5))}</p>
<p class="description">${'A book about what was lost, and who went to look for it. '.repeat(3 + (id % 5))}</p>
<h2>Readers also bought</h2><ul>${related.map((other) => `<li><a class="book" href="${slug(other)}">${escapeHtml(title(other))}</a></li>`).join('')}</ul>`,
  )
}

const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data])
  const out = Buffer.alloc(8 + body.length)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), 4 + body.length)
  return out
}

/** A cover of 120 by 180 pixels in two colours of the book's own, as PNG. */
function cover(id) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(120, 0)
  header.writeUInt32BE(180, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const rows = Buffer.alloc(180 * (1 + 120 * 3))
  for (let y = 0; y < 180; y++) {
    for (let x = 0; x < 120; x++) {
      const tone = y < 60 + (id % 50) ? 0 : 90
      rows.set([(id * 37 + tone) % 256, (id * 91 + tone) % 256, (id * 53 + x) % 256], y * 361 + 1 + x * 3)
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

/** Opens the shop on a free port of 127.0.0.1, or on `port`. */
export function openBookshop({ port = 0, latency = { median: 40 } } = {}) {
  return fakeSite(
    {
      '/robots.txt': { text: 'User-agent: *\nDisallow: /admin/\n' },
      '/': page('Skein Books', '<p><a href="/bestsellers">Bestsellers</a> <a href="/gone.html">Our history</a></p>'),
      '/bestsellers': { status: 302, headers: { location: '/category/0/' } },
      '/category/:number/': ({ params, query }) =>
        CATEGORIES[params.number] && listing(Number(params.number), Number(query.get('page') ?? 1)),
      '/cover/:file': ({ params }) => ({
        bytes: cover(Number.parseInt(params.file, 10)),
        headers: { 'content-type': 'image/png' },
      }),
      '/book/:slug': ({ params, attempt }) => {
        const id = Number.parseInt(params.slug, 10)
        if (!(id < BOOKS)) return undefined
        if (id % 50 === 7 && attempt === 1)
          return { status: 503, headers: { 'retry-after': 1 }, html: page('One moment, please', '') }
        return book(id)
      },
    },
    { port, latency },
  )
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { url } = await openBookshop({ port: Number(process.argv[2] ?? 8000) }).catch(({ message }) => {
    console.error(message)
    process.exit(2)
  })
  console.log(`A bookshop of ${BOOKS} books is open at ${url}; Ctrl-C closes it.`)
}
