// Hosts for measurements, in a process of their own: ten healthy ones on 127.0.0.2 to 127.0.0.11 and a hostile one on 127.0.0.12, that does to each
// request what its path says (test/support/hostile-site.ts). Run by hostile.mjs and soak.mjs; prints a line of JSON when they listen.
//   argv: [milliseconds a healthy answer takes]
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const latency = Number(process.argv[2] ?? 0)
const kit = join(dirname(dirname(fileURLToPath(import.meta.url))), 'test/support/hostile-site.ts')
const { outputFiles } = await build({ entryPoints: [kit], bundle: true, write: false, platform: 'node', format: 'esm' })
const { startHostile, faults, warmUp } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
)

const filler = '<p>Some words that a page has, and a crawler goes by.</p>'
const pages = new Map()

/** `/2000/17`: page 17 of 2,000; its links are those of a tree with three branches, and a few back. more than 2,000 are small, half a kilobyte each. */
function page(url) {
  const known = pages.get(url)
  if (known !== undefined) return known
  const [kind, n] = url.slice(1).split('/')
  const total = Number(kind)
  const at = Number(n)
  const links = [3 * at + 1, 3 * at + 2, 3 * at + 3].filter((to) => to < total)
  const back = [Math.floor(at / 2), Math.floor(at / 3)]
  const body = Buffer.from(
    `<!doctype html><title>Page ${n}</title><h1>Page ${n}</h1>${[...links, ...back].map((to) => `<a href="/${kind}/${to}">page ${to}</a>`).join('\n')}${filler.repeat(total > 2000 ? 2 : 60)}`,
  )
  if (pages.size < 50_000) pages.set(url, body)
  return body
}

function healthy(request, response) {
  const answer = () => {
    const found = request.url !== '/robots.txt'
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' })
    response.end(found ? page(request.url) : '')
  }
  if (latency === 0) answer()
  else setTimeout(answer, latency)
}

const origins = []
let port = 0
for (let host = 2; host <= 11; host++) {
  const server = createServer({ keepAliveTimeout: 60_000 }, healthy)
  await new Promise((resolve) => server.listen(port, `127.0.0.${host}`, resolve))
  port = server.address().port
  origins.push(`http://127.0.0.${host}:${port}`)
}
// bombs take seconds to make
warmUp()
const hostile = await startHostile({ address: '127.0.0.12', keepLog: false })
console.log(JSON.stringify({ healthy: origins, hostile: hostile.url, faults: Object.keys(faults) }))
process.on('disconnect', () => process.exit())
