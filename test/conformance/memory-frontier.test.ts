import { MemoryFrontier } from '../../src/frontier/memory/memory-frontier.ts'
import { describeFrontier, type MakeBackend } from './frontier.ts'
import { checkFrontierAgainstModel } from './frontier-model.ts'

const make: MakeBackend = async (options, clock) => new MemoryFrontier(options, clock)

describeFrontier('memory', make)
checkFrontierAgainstModel('memory', make, 300)
