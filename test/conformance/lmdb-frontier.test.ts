import { expect } from 'vitest'
import { lmdbBench } from '../support/lmdb-backend.ts'
import { lmdbInconsistencies } from '../support/lmdb-consistency.ts'
import { describeFrontier, type MakeBackend } from './frontier.ts'
import { checkFrontierAgainstModel } from './frontier-model.ts'
import { describeSharedFrontier } from './shared-frontier.ts'

const bench = lmdbBench()
let folder = ''

const make: MakeBackend = async (options, clock) => {
  await bench.close()
  folder = bench.folder()
  return bench.backend({ ...options, clock, folder })
}

/** Sessions that share the folder, each as if it were in a process of its own. */
const makeApart: MakeBackend = async (options, clock) => {
  await bench.close()
  folder = bench.folder()
  return { connect: (worker, lost) => bench.backend({ ...options, clock, folder }).connect(worker, lost) }
}

const consistent = async (): Promise<void> => expect(await lmdbInconsistencies(folder)).toEqual([])

describeFrontier('lmdb', make)
describeSharedFrontier('lmdb', make, consistent)
describeSharedFrontier('lmdb, every session by itself', makeApart, consistent)
checkFrontierAgainstModel('lmdb', make, 100, consistent)
checkFrontierAgainstModel('lmdb, every session by itself', makeApart, 15, consistent)
