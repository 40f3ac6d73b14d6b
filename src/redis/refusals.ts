import { firstWord } from './link-errors.ts'

/** An answer that says "not now". */
export interface Refusal {
  /** What it is logged as, once. `{}` stands for what the server said. */
  readonly begins: string
  readonly over: string
  /** The call belongs to another server, which has to be found first. */
  readonly elsewhere?: true
}

const readOnly: Refusal = {
  begins: 'Redis has become a replica: {}; waiting for a master',
  over: 'there is a master of Redis again',
  elsewhere: true,
}
const moving: Refusal = {
  begins: 'the keys of the crawl are being moved to another node of the Cluster: {}; waiting until they are there',
  over: 'the keys of the crawl are at one node of the Cluster again',
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  OOM: { begins: 'Redis is full: {}; leasing waits until memory is freed', over: 'Redis has memory again' },
  MISCONF: { begins: 'Redis cannot write to its disk: {}; waiting until it can', over: 'Redis takes writes again' },
  NOREPLICAS: {
    begins: 'Redis has fewer replicas than it is told to have: {}; waiting for them',
    over: 'Redis takes writes again',
  },
  LOADING: { begins: 'Redis is loading its data: {}; waiting until it is done', over: 'Redis has loaded its data' },
  BUSY: { begins: 'Redis is busy with a script that takes long: {}; waiting until it is done', over: 'Redis is free again' },
  READONLY: readOnly,
  MASTERDOWN: readOnly,
  CLUSTERDOWN: {
    begins: 'the Redis Cluster is down: {}; waiting until it is up',
    over: 'the Redis Cluster is up again',
    elsewhere: true,
  },
  TRYAGAIN: moving,
  // The keys of one crawl are used together. Following to the other node would find some of them missing there and make them anew
  ASK: moving,
}

/** What to do about an error that a server answered with: undefined if repeating does not mend it. */
export const refusalOf = (error: Error): readonly [kind: string, Refusal] | undefined => {
  const kind = firstWord(error.message)
  const refusal = REFUSALS[kind]
  return refusal === undefined ? undefined : [kind, refusal]
}
