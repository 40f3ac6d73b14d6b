import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { UsageError } from '../errors.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { checkOptions } from './check-options.ts'
import type { FakeSite, FakeSiteOptions, SiteHandler, SitePage, SiteRoutes } from './contract.ts'
import { controlPage } from './control-page.ts'
import { Faults } from './faults.ts'
import { bodyOf, Incoming } from './incoming.ts'
import { latencyOf } from './latency.ts'
import { Limits } from './limits.ts'
import { outgoing } from './outgoing.ts'
import { routeFinder } from './routes.ts'
import { Sending } from './sending.ts'
import { SiteLog, type Visiting } from './site-log.ts'

/** In fractions of a millisecond, so that what comes within one is still told apart; never set back. */
const fineClock: Clock = { now: () => performance.timeOrigin + performance.now(), after: systemClock.after }

/**
 * Opens a real HTTP server on loopback for spiders to be tried on: pages, latency, limits with 429 and Retry-After, faults that follow from a
 * seed, and a log of all that was asked. `routes` are its pages, or one function that answers everything.
 *
 * Rejects with ERR_PORT when the port is taken, and with ERR_ROUTE, ERR_SITE_OPTION, ERR_LIMIT and ERR_FAULT for what makes no sense.
 *
 * @example
 * const site = await fakeSite(
 *   { '/': '<a href="/book/1">one</a>', '/book/:id': ({ params }) => `<h1>Book ${params['id']}</h1>` },
 *   { latency: 20, rateLimits: [{ requests: 50 }], faults: [{ kind: 'status', probability: 0.1 }] },
 * )
 * const { items } = await testCrawl(Books, { args: { site: site.url } })
 * site.stats().peakRate // never above 50, if the crawl is polite
 * await site.close()
 */
export async function fakeSite(routes: SiteRoutes | SiteHandler, options: FakeSiteOptions = {}): Promise<FakeSite> {
  checkOptions(options)
  const { host = '127.0.0.1', port = 0, clock = fineClock, control = true } = options
  const log = new SiteLog(options.logSize ?? 10_000, options.countedUrls ?? 1_000_000)
  const limits = new Limits(options.rateLimits ?? [], options.concurrencyLimits ?? [])
  const answer = answerer(routes, options, clock, log, limits)

  const server = createServer((message, response) => {
    const page = control ? controlPage(message.url!, log, limits) : undefined
    if (page === undefined) answer(message, response)
    else new Sending(response, clock, () => undefined).send(outgoing(page))
  })
  // Node's 5 s end a connection just when a client that has waited takes it again
  server.keepAliveTimeout = 60_000
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)))
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo

  let closing: Promise<void> | undefined
  const close = (): Promise<void> =>
    (closing ??= new Promise((resolve) => {
      // handles are let go of at the end of a turn of the event loop, behind its immediates
      server.close(() => setImmediate(() => setImmediate(resolve)))
      for (const socket of sockets) socket.destroy()
    }))
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    log: () => log.visits(),
    hits: () => log.hits(),
    stats: () => log.stats(),
    reached: (requests) => log.reached(requests),
    reset() {
      log.reset()
      limits.reset()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Gives what takes a request from its arrival to the last byte of its answer. */
function answerer(
  routes: SiteRoutes | SiteHandler,
  options: FakeSiteOptions,
  clock: Clock,
  log: SiteLog,
  limits: Limits,
): (message: IncomingMessage, response: ServerResponse) => void {
  const { seed = 0, clientHeader, errorPage = plainError } = options
  const faults = new Faults(options.faults ?? [], seed)
  const latency = latencyOf(options.latency, seed)
  const find = typeof routes === 'function' ? () => ({ route: routes, params: {} }) : routeFinder(routes)
  const header = clientHeader?.toLowerCase()

  function clientOf({ headers, socket }: IncomingMessage): string {
    const named = header === undefined ? undefined : headers[header]
    return named === undefined ? (socket.remoteAddress ?? '').replace(/^::ffff:/, '') : String(named)
  }

  function error(status: number, message: string, headers: Record<string, string> = {}): SitePage {
    const page = errorPage(status, message)
    return typeof page === 'string'
      ? { status, html: page, headers }
      : { ...page, status, headers: { ...page.headers, ...headers } }
  }

  async function pageOf(request: Incoming): Promise<SitePage> {
    const captcha = faults.captchaPage(request)
    if (captcha !== undefined) return { html: '<h1>Not a robot</h1>', headers: { 'set-cookie': `${captcha.cookie}; Path=/` } }
    const found = find(request.method, request.url, request.path)
    if (found === undefined) return error(404, `There is no page ${request.path}`)
    request.params = found.params
    const { route } = found
    return (typeof route === 'function' ? await route(request) : route) ?? error(404, `There is no page ${request.path}`)
  }

  async function respond(request: Incoming, { visit }: Visiting, sending: Sending): Promise<void> {
    const fault = faults.captchaPage(request) === undefined ? faults.of(request) : undefined
    if (fault !== undefined) visit.fault = fault.kind
    const wait = latency(request)
    if (wait > 0) await sending.pause(wait)
    switch (fault?.kind) {
      case 'reset':
        return sending.reset()
      case 'status':
        return sending.send(outgoing(error(faults.statusOf(fault, request), 'By chance')))
      case 'captcha': {
        const location = `${fault.page ?? '/captcha'}?next=${encodeURIComponent(request.url)}`
        return sending.send(outgoing({ status: 302, headers: { location } }))
      }
      default:
        return sending.send(outgoing(await pageOf(request)), fault)
    }
  }

  return (message, response) => {
    const now = clock.now()
    const client = clientOf(message)
    const visiting = log.arrive(now, message.method!, message.url!, client)
    const sending = new Sending(response, clock, log.ender(visiting))
    const away = limits.enter(now, client, log.othersThan(visiting))
    if (away !== undefined) {
      visiting.visit.fault = away.fault
      message.resume()
      sending.send(outgoing(error(away.status, 'Too many requests', { 'retry-after': String(away.retryAfter) })))
      return
    }
    log.begin(visiting)
    const { attempt } = visiting.visit
    const go = async (): Promise<void> => {
      const read = bodyOf(message)
      const body = read instanceof Promise ? await read : read
      if (body === undefined) return sending.send(outgoing(error(413, 'The body has more than 16 MiB')))
      await respond(new Incoming(message, client, attempt, body), visiting, sending)
    }
    go().catch((thrown: unknown) => {
      if (response.headersSent || response.destroyed) sending.break()
      else sending.send(outgoing(error(500, thrown instanceof Error ? thrown.message : String(thrown))))
    })
  }
}

function plainError(status: number, message: string): string {
  return `<h1>${status} ${STATUS_CODES[status] ?? ''}</h1><p>${message.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p>`
}

function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): UsageError {
  const what = `The fake site cannot listen on port ${port} of ${host} (${error.code})`
  return new UsageError('ERR_PORT', `${what}. Expected a port that is free; without one, the system chooses.`, { cause: error })
}
