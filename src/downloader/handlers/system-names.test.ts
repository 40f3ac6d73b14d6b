import { afterEach, expect, it } from 'vitest'
import { type DnsServer, dnsServer } from '../../../test/support/dns-server.ts'
import { failure } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { NameServers } from './name-servers.ts'
import { type Lookup, SystemNames } from './system-names.ts'

const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

interface Bench {
  readonly clock: FakeClock
  readonly names: SystemNames
  readonly server: DnsServer
  /** Names that the system is looking up, each with what ends that. */
  readonly running: Map<string, (error?: Error) => void>
}

/** A system whose resolver answers when the test says so, and a real name server that knows all but `dead…`. */
async function bench(): Promise<Bench> {
  const clock = new FakeClock()
  const running: Bench['running'] = new Map()
  const lookup: Lookup = (name, _options, done) => {
    running.set(name, (error) => {
      running.delete(name)
      if (error === undefined) done(null, [{ address: '10.0.0.1', family: 4 }])
      else done(error, [])
    })
  }
  const server = await dnsServer((name) => (name.startsWith('dead') ? { fails: 'SERVFAIL' } : { a: ['10.0.0.9'], ttl: 7 }))
  const nameServers = new NameServers([server.address], 'ipv4')
  const names = new SystemNames({
    clock,
    family: 'any',
    nameServers,
    lookup,
    localNames: () => new Set(['local.example']),
  })
  opened.push(server, names)
  return { clock, names, server, running }
}

it('looks two names up at once, the others in turn', async () => {
  const { names, running } = await bench()
  const answers = ['a', 'b', 'c'].map((name) => names.ask(name).answer)
  expect([...running.keys()]).toEqual(['a', 'b'])
  running.get('b')!()
  expect([...running.keys()]).toEqual(['a', 'c'])
  running.get('a')!(Object.assign(new Error('getaddrinfo ENOTFOUND a'), { code: 'ENOTFOUND' }))
  expect((await failure(answers[0]!)).code).toBe('ENOTFOUND')
  running.get('c')!()
  expect((await answers[2]!).ttl).toBe(Number.POSITIVE_INFINITY)
})

it('does not let a hundred dead names starve the others', async () => {
  const { clock, names, running } = await bench()
  const dead = Array.from({ length: 100 }, (_, i) => names.ask(`dead${i}.test`))
  const healthy = Array.from({ length: 20 }, (_, i) => names.ask(`fine${i}.test`).answer)
  expect(running.size).toBe(2)
  clock.advance(1000)
  const answers = await Promise.all(healthy)
  expect(answers.map(({ addresses, ttl }) => [addresses[0]!.address, ttl])).toEqual(Array(20).fill(['10.0.0.9', 7]))
  // the dead ones still have their turn
  expect([...running.keys()]).toEqual(['dead0.test', 'dead1.test'])
  expect(dead.slice(2).map((one) => one.cancel())).toEqual(Array(98).fill(true))
  expect(dead[0]!.cancel()).toBe(false)
  running.get('dead0.test')!()
  expect([...running.keys()]).toEqual(['dead1.test'])
  expect(clock.pending).toBe(0)
})

it('asks nobody else for names that need not be in the DNS', async () => {
  const { clock, names, running, server } = await bench()
  const asked = ['x.test', 'y.test', 'intranet', 'printer.local', 'local.example'].map((name) => names.ask(name).answer)
  clock.advance(60_000)
  for (const name of ['x.test', 'y.test', 'intranet', 'printer.local', 'local.example']) running.get(name)!()
  await Promise.all(asked)
  expect(server.asked).toEqual([])
})

it('is the resolver of this system', async () => {
  const nameServers = new NameServers([], 'any')
  const names = new SystemNames({ clock: new FakeClock(), family: 'ipv4', nameServers })
  opened.push(names)
  expect((await names.ask('localhost').answer).addresses).toEqual([{ address: '127.0.0.1', family: 4 }])
})
