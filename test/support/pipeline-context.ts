import type { Logger } from '../../src/log/contract.ts'
import type { PipelineContext } from '../../src/pipeline/contract.ts'
import { defaultSettings } from '../../src/settings/settings.ts'
import { Stats } from '../../src/stats/stats.ts'
import { systemClock } from '../../src/util/clock.ts'

const quiet: Logger = { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }

/** What a pipeline is opened with outside of a crawl; downloads fail unless `given` has them. */
export function pipelineContext(given: Partial<PipelineContext> = {}): PipelineContext {
  return {
    settings: defaultSettings,
    stats: new Stats(),
    log: quiet,
    spiderName: 'test',
    crawlId: 'test-crawl',
    startTime: new Date(0),
    clock: systemClock,
    download: (request) => Promise.reject(new Error(`nothing is downloaded here: ${request.url}`)),
    ...given,
  }
}
