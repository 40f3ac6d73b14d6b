import { promises } from 'node:dns'
import { networkInterfaces } from 'node:os'
import type { Address, Answer, Asked, Resolver } from './dns-cache.ts'

/** Which kinds of addresses are wanted. */
export type IpFamily = 'any' | 'ipv4' | 'ipv6'

/** Milliseconds for one question; the next server, or the same again, is asked after that. */
const QUESTION = 2000
/** Milliseconds that the other family is waited for once one has answered (RFC 8305, 3). */
const RESOLUTION_DELAY = 50

/**
 * Asks name servers directly, and learns how long their records hold. `servers`: addresses, with ports or without; empty: those that the
 * system asks. Unlike the system's resolver this needs no thread, so that a thousand names that nobody answers are in nobody's way.
 */
export class NameServers implements Resolver {
  readonly #resolver: promises.Resolver
  readonly #family: IpFamily

  constructor(servers: readonly string[], family: IpFamily) {
    this.#resolver = new promises.Resolver({ timeout: QUESTION, tries: 4 })
    if (servers.length > 0) this.#resolver.setServers(servers)
    this.#family = family
  }

  ask(name: string): Asked {
    return { answer: this.#ask(name), cancel: () => false }
  }

  close(): void {
    this.#resolver.cancel()
  }

  async #ask(name: string): Promise<Answer> {
    // this name has one meaning, whatever servers say (RFC 6761, 6.3)
    if (name === 'localhost' || name.endsWith('.localhost')) return loopback(this.#family)
    if (this.#family === 'ipv4') return this.#records(name, 4)
    if (this.#family === 'ipv6') return this.#records(name, 6)
    const six = this.#records(name, 6)
    const four = this.#records(name, 4)
    const [a, b] = await both(six, four)
    if (a instanceof Error && b instanceof Error) throw saysMore(a, b)
    const found = [a, b].filter((one) => one !== undefined && !(one instanceof Error)) as Answer[]
    if (!reachesIpv6()) found.reverse()
    return { addresses: found.flatMap(({ addresses }) => addresses), ttl: Math.min(...found.map(({ ttl }) => ttl)) }
  }

  async #records(name: string, family: 4 | 6): Promise<Answer> {
    const records =
      family === 4 ? await this.#resolver.resolve4(name, { ttl: true }) : await this.#resolver.resolve6(name, { ttl: true })
    if (records.length === 0) throw Object.assign(new Error(`no address of ${name}`), { code: 'ENODATA' })
    const addresses = records.map(({ address }): Address => ({ address, family }))
    return { addresses, ttl: Math.min(...records.map(({ ttl }) => ttl)) }
  }
}

/** Both outcomes, or one with addresses and what the other has come to shortly after. */
function both(one: Promise<Answer>, two: Promise<Answer>): Promise<(Answer | Error | undefined)[]> {
  return new Promise((resolve) => {
    const outcomes: (Answer | Error | undefined)[] = [undefined, undefined]
    let open = 2
    let timer: NodeJS.Timeout | undefined
    const took = (place: number, outcome: Answer | Error): void => {
      outcomes[place] = outcome
      if (--open === 0) {
        clearTimeout(timer)
        resolve(outcomes)
      } else if (!(outcome instanceof Error)) timer = setTimeout(() => resolve([...outcomes]), RESOLUTION_DELAY)
    }
    for (const [place, answer] of [one, two].entries())
      answer.then(
        (found) => took(place, found),
        (error: Error) => took(place, error),
      )
  })
}

/** A name without addresses of one family is no news; why it has none of the other is. */
function saysMore(a: Error, b: Error): Error {
  return 'code' in b && b.code === 'ENODATA' ? a : b
}

function loopback(family: IpFamily): Answer {
  const addresses: Address[] = []
  if (family !== 'ipv6') addresses.push({ address: '127.0.0.1', family: 4 })
  if (family !== 'ipv4') addresses.push({ address: '::1', family: 6 })
  return { addresses, ttl: Number.POSITIVE_INFINITY }
}

let ipv6: boolean | undefined

/** Whether this machine has an IPv6 address that leads anywhere; looked up once. */
function reachesIpv6(): boolean {
  ipv6 ??= Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some((one) => one.family === 'IPv6' && !one.internal && !one.address.startsWith('fe80:')),
  )
  return ipv6
}
