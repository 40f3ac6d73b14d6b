import { UsageError } from '../errors.ts'
import { Spider } from '../spider/spider.ts'
import { nearest } from '../util/suggest.ts'

const NAMES: readonly string[] = ['config', 'args', 'log', 'signal', 'force', 'frontier']

/**
 * Refuses what cannot be crawled with, before anything is opened: what is passed beside `args` and `config` would be left aside in silence, and the
 * spider would crawl another site than the one that was meant.
 *
 * @throws UsageError ERR_CRAWL_OPTION
 */
export function checkCall(spiderClass: unknown, options: object): void {
  if (typeof spiderClass !== 'function') {
    const got =
      spiderClass instanceof Spider
        ? `one that was made already: give ${spiderClass.constructor.name} itself`
        : String(spiderClass)
    throw new UsageError('ERR_CRAWL_OPTION', `Expected the class of a spider, got ${got}.`)
  }
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name)) continue
    const near = nearest(name, NAMES)
    const hint =
      near === undefined ? ' Arguments of the spider are in `args`, settings in `config`.' : ` Did you mean \`${near}\`?`
    throw new UsageError('ERR_CRAWL_OPTION', `A crawl has no option \`${name}\`.${hint} It takes ${NAMES.join(', ')}.`)
  }
}
