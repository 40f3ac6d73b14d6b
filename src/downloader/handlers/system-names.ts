import { ADDRCONFIG, type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../util/clock.ts'
import type { Address, Answer, Asked, Resolver } from './dns-cache.ts'
import type { IpFamily } from './name-servers.ts'

/** The part of `dns.lookup` that is used here. */
export type Lookup = (
  name: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** What a {@link SystemNames} is made of. */
export interface SystemNamesOptions {
  readonly clock: Clock
  readonly family: IpFamily
  /** Asked for names that have waited long for their turn. */
  readonly nameServers: Resolver
  /** @default dns.lookup */
  readonly lookup?: Lookup
  /** @default those of /etc/hosts */
  readonly localNames?: () => ReadonlySet<string>
}

/** Milliseconds that a name waits for its turn before it is asked for elsewhere. */
const PATIENCE = 1000

interface Question {
  readonly name: string
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
  stopWaiting: () => void
}

/**
 * Asks the system's resolver: files, search domains and mDNS included.
 *
 * That blocks a thread for each question, and libuv lends two of its four; a name whose servers are dead holds one for up to 20 seconds.
 * So that a hundred such names do not make the others time out, a question that has waited for a second for its turn goes to the name
 * servers of the system directly as well, and what they find counts; what they do not find stays in the queue, as do names that need not be
 * in the DNS (without a dot, `.local`, those of /etc/hosts). A question that nobody waits for any more leaves the queue.
 */
export class SystemNames implements Resolver {
  readonly #options: SystemNamesOptions
  readonly #lookup: Lookup
  readonly #family: 0 | 4 | 6
  readonly #lanes: number
  #running = 0
  /** In order; a Set, as questions leave from the middle of it. */
  readonly #queue = new Set<Question>()
  #localNames: ReadonlySet<string> | undefined

  constructor(options: SystemNamesOptions) {
    this.#options = options
    this.#lookup = options.lookup ?? (systemLookup as Lookup)
    this.#family = options.family === 'ipv4' ? 4 : options.family === 'ipv6' ? 6 : 0
    // libuv's own rule for what it calls slow work
    this.#lanes = Math.max(1, Math.floor((Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) + 1) / 2) || 2)
  }

  ask(name: string): Asked {
    let question: Question | undefined
    const answer = new Promise<Answer>((resolve, reject) => {
      question = { name, resolve, reject, stopWaiting: () => undefined }
      if (this.#running < this.#lanes) this.#run(question)
      else this.#enqueue(question)
    })
    return { answer, cancel: () => this.#leave(question!) }
  }

  close(): void {
    for (const question of this.#queue) question.stopWaiting()
    this.#queue.clear()
    this.#options.nameServers.close()
  }

  #run({ name, resolve, reject }: Question): void {
    this.#running++
    const hints = this.#family === 0 ? ADDRCONFIG : 0
    this.#lookup(name, { all: true, family: this.#family, hints, verbatim: true }, (error, addresses) => {
      this.#running--
      this.#next()
      if (error !== null) reject(error)
      else resolve({ addresses: addresses as Address[], ttl: Number.POSITIVE_INFINITY })
    })
  }

  #enqueue(question: Question): void {
    this.#queue.add(question)
    if (question.name.includes('.') && !question.name.endsWith('.local'))
      question.stopWaiting = this.#options.clock.after(PATIENCE, () => this.#askElsewhere(question))
  }

  #askElsewhere(question: Question): void {
    this.#localNames ??= (this.#options.localNames ?? namesOfHostsFile)()
    if (this.#localNames.has(question.name)) return
    this.#options.nameServers.ask(question.name).answer.then(
      (answer) => {
        if (this.#queue.delete(question)) question.resolve(answer)
      },
      // its turn will come
      () => undefined,
    )
  }

  #next(): void {
    const first = this.#queue.values().next()
    if (first.done === true) return
    this.#leave(first.value)
    this.#run(first.value)
  }

  #leave(question: Question): boolean {
    question.stopWaiting()
    return this.#queue.delete(question)
  }
}

/** The names that /etc/hosts knows; none where there is no such file. */
function namesOfHostsFile(): ReadonlySet<string> {
  try {
    const lines = readFileSync('/etc/hosts', 'utf8').split('\n')
    return new Set(lines.flatMap((line) => line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/).slice(1)))
  } catch {
    return new Set()
  }
}
