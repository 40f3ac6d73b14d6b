import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** The pages of a site that is made for a crawl to be counted against. All of it follows from these numbers: two runs see one graph. */
export interface SitePlan {
  /** Pages that are to be found from page 0. */
  readonly pages: number
  /** Addresses the pages are spread over, each of them a host to a crawler. @default 4 */
  readonly hosts?: number
  /** @default the remainder of page / hosts */
  readonly hostOf?: (page: number) => number
  /** @default a tree of three branches, so that every page can be reached, and seven links across it */
  readonly linksOf?: (page: number) => readonly number[]
  /** Milliseconds until a page is answered. @default 20 */
  readonly latency?: number | ((page: number) => number)
  /** Page 0 links to a calendar without an end: two further pages on each of its pages. @default false */
  readonly trap?: boolean
}

/** What a host of the site saw. */
export interface HostLog {
  /** Requests that were being answered at once, at most. */
  readonly peak: number
  /** When requests came, in milliseconds of a clock that does not jump. */
  readonly starts: readonly number[]
}

interface Host {
  readonly address: string
  open: number
  peak: number
  readonly starts: number[]
}

/** A real HTTP server on loopback, with many addresses, that keeps a log of what it was asked for. */
export class ChaosSite implements AsyncDisposable {
  readonly pages: number
  /** How often each page was asked for. */
  readonly fetches: number[]
  /** Pages of the calendar that were asked for. */
  trapped = 0
  /** Requests for pages so far. */
  asked = 0
  /** Paths that are no page of the site. */
  readonly strangers: string[] = []
  readonly #plan: Required<Omit<SitePlan, 'latency'>> & { readonly latency: (page: number) => number }
  readonly #hosts: Host[]
  readonly #servers: Server[]
  readonly #sockets: Set<Socket>
  readonly #port: number
  readonly #askedBy = new Map<string, number>()
  readonly #waiting = new Set<{ readonly ready: () => boolean; readonly resolve: () => void }>()

  static async open(plan: SitePlan): Promise<ChaosSite> {
    const hosts = plan.hosts ?? 4
    const sockets = new Set<Socket>()
    const http = createHttpServer({ keepAliveTimeout: 60_000 })
    const listen = async (port: number, host: number): Promise<Server> => {
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
        http.emit('connection', socket)
      })
      server.listen({ port, host: addressOf(host), backlog: 511 })
      await once(server, 'listening')
      return server
    }
    const first = await listen(0, 0)
    const { port } = first.address() as AddressInfo
    const others = await Promise.all(Array.from({ length: hosts - 1 }, (_, i) => listen(port, i + 1)))
    const site = new ChaosSite(plan, [first, ...others], sockets, port)
    http.on('request', (request, response) => site.#answer(request, response))
    return site
  }

  private constructor(plan: SitePlan, servers: Server[], sockets: Set<Socket>, port: number) {
    const { pages, hosts = 4, latency = 20 } = plan
    this.pages = pages
    this.fetches = new Array<number>(pages).fill(0)
    this.#plan = {
      pages,
      hosts,
      hostOf: plan.hostOf ?? ((page) => page % hosts),
      linksOf: plan.linksOf ?? ((page) => treeLinks(page, pages)),
      latency: typeof latency === 'function' ? latency : () => latency,
      trap: plan.trap ?? false,
    }
    this.#hosts = servers.map((_, i) => ({ address: addressOf(i), open: 0, peak: 0, starts: [] }))
    this.#servers = servers
    this.#sockets = sockets
    this.#port = port
  }

  url(page: number): string {
    return `http://${addressOf(this.#plan.hostOf(page))}:${this.#port}/page/${page}`
  }

  /** The host that a crawler sees in the URL of a page. */
  hostOf(page: number): string {
    return addressOf(this.#plan.hostOf(page))
  }

  get hosts(): ReadonlyMap<string, HostLog> {
    return new Map(this.#hosts.map((host) => [host.address, host]))
  }

  /** Pages that somebody with this User-Agent asked for. */
  askedBy(userAgent: string): number {
    return this.#askedBy.get(userAgent) ?? 0
  }

  /** Resolves when `ready` is true; it is asked after each request. */
  when(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve()
    return new Promise((resolve) => void this.#waiting.add({ ready, resolve }))
  }

  /** Resolves when that many pages have been asked for. */
  reached(pages: number): Promise<void> {
    return this.when(() => this.asked >= pages)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#servers.map((server) => (server.listening ? once(server, 'close') : undefined)))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [, kind, text] = /^\/(page|calendar)\/(\d+)$/.exec(request.url!) ?? []
    const number = Number(text)
    const host = this.#hosts[hostOf(request.socket.localAddress ?? '')]
    if (kind === undefined || host === undefined || (kind === 'page' && number >= this.pages)) {
      this.strangers.push(request.url!)
      response.writeHead(404).end()
      return
    }
    host.starts.push(performance.now())
    host.peak = Math.max(host.peak, ++host.open)
    // the end of the answer, or of the connection when whoever asked has died
    let isOpen = true
    const close = (): void => {
      if (isOpen) host.open--
      isOpen = false
    }
    response.on('close', close)
    if (kind === 'calendar') this.trapped++
    else {
      this.fetches[number]!++
      this.asked++
      const who = request.headers['user-agent'] ?? ''
      this.#askedBy.set(who, (this.#askedBy.get(who) ?? 0) + 1)
    }
    const page = kind === 'page' ? this.#page(number) : this.#calendar(number)
    const send = (): void => {
      // for the client a request is over with the last byte of the answer, so it must not be open longer here
      close()
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
    }
    const latency = kind === 'page' ? this.#plan.latency(number) : 5
    if (latency === 0) send()
    else setTimeout(send, latency)
    for (const wait of this.#waiting) {
      if (!wait.ready()) continue
      this.#waiting.delete(wait)
      wait.resolve()
    }
  }

  #page(page: number): string {
    const links = this.#plan.linksOf(page).map((to) => this.url(to))
    if (this.#plan.trap && page === 0) links.push(`http://${addressOf(this.#plan.hosts - 1)}:${this.#port}/calendar/1`)
    return html(page, links, checksumOf(page))
  }

  #calendar(day: number): string {
    const base = `http://${addressOf(this.#plan.hosts - 1)}:${this.#port}/calendar/`
    return html(day, [`${base}${day * 2}`, `${base}${day * 2 + 1}`])
  }
}

/** What the item of a page must say, so that one with the content of another page is noticed. */
export function checksumOf(page: number): string {
  return createHash('sha1').update(`page ${page} of the site`).digest('hex').slice(0, 12)
}

const addressOf = (host: number): string => `127.${10 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`

function hostOf(address: string): number {
  const [, a = 0, b = 0, c = 0] = address.replace('::ffff:', '').split('.').map(Number)
  return ((a - 10) << 16) | (b << 8) | c
}

/** Three children, and seven pages that follow from the number as by chance. */
function treeLinks(page: number, pages: number): number[] {
  const links: number[] = []
  for (let i = 1; i <= 3; i++) if (page * 3 + i < pages) links.push(page * 3 + i)
  let state = (page + 1) * 2654435761
  for (let i = 0; i < 7; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    links.push(state % pages)
  }
  return links
}

function html(page: number, links: readonly string[], checksum?: string): string {
  const item = checksum === undefined ? '' : `<p id="page">${page}</p><p id="checksum">${checksum}</p>`
  return `<!doctype html><title>${page}</title>${item}${links.map((link) => `<a href="${link}">x</a>`).join('\n')}`
}
