import type { Row } from './row.ts'
import { clusterMoves } from './rows/cluster-moves.ts'
import { hotHost, poisonSeeds, trap, twoCrawls } from './rows/crawls-differ.ts'
import { lineBlackHole, lineCut, lineSlow, partition, repeated, repliesLost } from './rows/network-breaks.ts'
import { clockJumps, diskFull, eviction, failover, redisDies, redisEmptied, redisFull, redisRestored } from './rows/redis-dies.ts'
import { loopBlocked, poisonPage, workerEnds, workerStops, workersDie, workerWakesLate } from './rows/workers-die.ts'
import { clocksDiffer, earlyFinish, manyWorkers, slowStore, versionSkew } from './rows/workers-differ.ts'

/** The fault matrix. */
export const rows: readonly Row[] = [
  workersDie,
  workerStops,
  workerWakesLate,
  workerEnds,
  loopBlocked,
  poisonPage,
  partition,
  clocksDiffer,
  versionSkew,
  slowStore,
  earlyFinish,
  manyWorkers,
  redisDies,
  redisRestored,
  redisEmptied,
  failover,
  redisFull,
  diskFull,
  eviction,
  clockJumps,
  clusterMoves,
  lineCut,
  repliesLost,
  repeated,
  lineBlackHole,
  lineSlow,
  poisonSeeds,
  twoCrawls,
  hotHost,
  trap,
]
