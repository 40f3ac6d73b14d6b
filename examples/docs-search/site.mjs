// skein's own documentation as a site on loopback: a page for each file of docs/, an index, a sitemap, and a robots.txt that names it.
import { readdirSync, readFileSync } from 'node:fs'
import { fakeSite } from 'skein/testing'

const folder = new URL('../../docs/', import.meta.url)

const escapeHtml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const anchor = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-')

/** Enough of Markdown for these pages: headings make sections, blank lines paragraphs. */
function render(name, markdown) {
  const [head, ...sections] = markdown.split(/^## /m)
  const title = /^# (.*)/m.exec(head)?.[1] ?? name
  const paragraphs = (text) =>
    text
      .split(/\n{2,}/)
      .filter((block) => block.trim() !== '')
      .map((block) => (/^(```|\|)/.test(block) ? `<pre>${escapeHtml(block)}</pre>` : `<p>${escapeHtml(block)}</p>`))
      .join('\n')
  const body = sections.map((section) => {
    const [heading, ...rest] = section.split('\n')
    return `<section id="${anchor(heading)}"><h2>${escapeHtml(heading)}</h2>${paragraphs(rest.join('\n'))}</section>`
  })
  return `<!doctype html><html lang="en"><title>${escapeHtml(title)} – skein</title><nav><a href="/">All pages</a></nav>
<main><h1>${escapeHtml(title)}</h1>${paragraphs(head.replace(/^# .*/, ''))}${body.join('\n')}</main></html>`
}

/** Opens the site on a free port of 127.0.0.1, or on `port`. */
export async function openDocs({ port = 0 } = {}) {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -3))
  const pages = names.map((name) => [`/${name}.html`, render(name, readFileSync(new URL(`${name}.md`, folder), 'utf8'))])
  const at = ({ headers }) => `http://${headers.host}`
  return fakeSite(
    {
      ...Object.fromEntries(pages),
      '/': `<!doctype html><title>skein</title><ul>${pages.map(([path]) => `<li><a href="${path}">${path}</a></li>`).join('')}</ul>`,
      '/robots.txt': (request) => ({ text: `User-agent: *\nAllow: /\nSitemap: ${at(request)}/sitemap.xml\n` }),
      '/sitemap.xml': (request) => ({
        headers: { 'content-type': 'application/xml' },
        text: `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${pages.map(([path]) => `<url><loc>${at(request)}${path}</loc></url>`).join('')}</urlset>`,
      }),
    },
    { port, latency: 20 },
  )
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { url } = await openDocs({ port: Number(process.argv[2] ?? 8080) }).catch(({ message }) => {
    console.error(message)
    process.exit(2)
  })
  console.log(`The documentation is at ${url}; Ctrl-C closes it.`)
}
