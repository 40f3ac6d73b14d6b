import { lmdbBench } from '../support/lmdb-backend.ts'
import { describeFrontier, type MakeBackend } from './frontier.ts'
import { checkFrontierAgainstModel } from './frontier-model.ts'

const bench = lmdbBench()

const make: MakeBackend = async (options, clock) => {
  await bench.close()
  return bench.backend({ ...options, clock })
}

describeFrontier('lmdb', make)
checkFrontierAgainstModel('lmdb', make, 60)
