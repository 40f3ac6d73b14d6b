import { afterEach, describe, expect, it } from 'vitest'
import { type DnsAnswer, type DnsServer, dnsServer } from '../../../test/support/dns-server.ts'
import { failure } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { type Answer, DnsCache } from './dns-cache.ts'
import { NameServers } from './name-servers.ts'

const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function asking(
  answer: (name: string) => DnsAnswer | undefined,
  family: 'any' | 'ipv4' | 'ipv6' = 'any',
): Promise<{ server: DnsServer; servers: NameServers; ask: (name: string) => Promise<Answer> }> {
  const server = await dnsServer(answer)
  const servers = new NameServers([server.address], family)
  opened.push(server, servers)
  return { server, servers, ask: (name) => servers.ask(name).answer }
}

const addresses = (answer: Answer): string[] => answer.addresses.map(({ address }) => address).sort()

describe('name servers', () => {
  it('give both kinds of addresses, and the shortest time of their records', async () => {
    const { ask } = await asking(() => ({ a: ['10.0.0.1', '10.0.0.2'], aaaa: ['fd00:0:0:0:0:0:0:1'], ttl: 42 }))
    const answer = await ask('a.test')
    expect(addresses(answer)).toEqual(['10.0.0.1', '10.0.0.2', 'fd00::1'])
    expect(answer.ttl).toBe(42)
    expect(answer.addresses.find(({ address }) => address === 'fd00::1')!.family).toBe(6)
  })

  it('are asked for one kind only where only that is wanted', async () => {
    const four = await asking(() => ({ a: ['10.0.0.1'], aaaa: ['fd00:0:0:0:0:0:0:1'] }), 'ipv4')
    expect(addresses(await four.ask('a.test'))).toEqual(['10.0.0.1'])
    expect(four.server.asked).toEqual(['A a.test'])
    const six = await asking(() => ({ a: ['10.0.0.1'], aaaa: ['fd00:0:0:0:0:0:0:1'] }), 'ipv6')
    expect(addresses(await six.ask('a.test'))).toEqual(['fd00::1'])
    expect(six.server.asked).toEqual(['AAAA a.test'])
  })

  it('may know one kind only', async () => {
    const { ask } = await asking((name) => (name === 'six.test' ? { aaaa: ['fd00:0:0:0:0:0:0:6'] } : { a: ['10.0.0.4'] }))
    expect(addresses(await ask('six.test'))).toEqual(['fd00::6'])
    expect(addresses(await ask('four.test'))).toEqual(['10.0.0.4'])
  })

  it('may know no such name, none with an address, or fail', async () => {
    const { ask } = await asking((name) => (name === 'empty.test' ? {} : { fails: name === 'no.test' ? 'NXDOMAIN' : 'SERVFAIL' }))
    expect((await failure(ask('no.test'))).code).toBe('ENOTFOUND')
    expect((await failure(ask('empty.test'))).code).toBe('ENODATA')
    expect((await failure(ask('broken.test'))).code).toBe('ESERVFAIL')
  })

  it('are not asked for localhost', async () => {
    const { ask, server } = await asking(() => ({ a: ['10.6.6.6'] }))
    expect(addresses(await ask('localhost'))).toEqual(['127.0.0.1', '::1'])
    expect(addresses(await ask('a.localhost'))).toEqual(['127.0.0.1', '::1'])
    expect(server.asked).toEqual([])
  })

  it('answer for nobody after they were closed', async () => {
    let asked!: () => void
    const heard = new Promise<void>((resolve) => (asked = resolve))
    const { ask, servers } = await asking(() => void asked())
    const waiting = failure(ask('silent.test'))
    await heard
    servers.close()
    expect((await waiting).code).toBe('ECANCELLED')
  })

  it('are asked again when the record has run out, and an address that changed is seen', async () => {
    let address = '10.0.0.1'
    const { servers, server } = await asking(() => ({ a: [address], ttl: 30 }), 'ipv4')
    const clock = new FakeClock()
    const cache = new DnsCache({ clock, resolver: servers, ttl: 300 })
    const { signal } = new AbortController()
    expect((await cache.resolve('a.test', signal))[0]!.address).toBe('10.0.0.1')
    address = '10.0.0.2'
    clock.advance(29_000)
    expect((await cache.resolve('a.test', signal))[0]!.address).toBe('10.0.0.1')
    clock.advance(1000)
    expect((await cache.resolve('a.test', signal))[0]!.address).toBe('10.0.0.2')
    expect(server.asked).toHaveLength(2)
  })
})
