/**
 * The errors of skein. Each has a stable `code`, and a message that says what happened, what was expected and what to do.
 * Three classes at the end are not failures but words a spider, a middleware or a pipeline says to the engine.
 */

/**
 * Any error that skein itself raises.
 *
 * @example
 * try { await crawl(Books) } catch (error) {
 *   if (error instanceof SkeinError && error.code === 'ERR_SETTING_UNKNOWN') …
 * }
 */
export class SkeinError extends Error {
  /** Stable, for programs: `ERR_` and upper-case words. Messages may be reworded, codes are not. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Wrong usage: a setting, an argument, a file name. The command line answers it with exit code 2. */
export class UsageError extends SkeinError {}

/** Why a download failed. The retry middleware decides by these. */
export type DownloadErrorCode =
  | 'ERR_DNS'
  | 'ERR_CONNECT'
  | 'ERR_TLS'
  | 'ERR_RESET'
  | 'ERR_TIMEOUT'
  | 'ERR_TOO_LARGE'
  | 'ERR_DATA_LOSS'
  | 'ERR_PROTOCOL'
  | 'ERR_PROXY'
  | 'ERR_DECODE'
  | 'ERR_SCHEME'
  | 'ERR_FILE'
  | 'ERR_ABORTED'

/** A request that got no usable response. `cause` keeps what the system said. */
export class DownloadError extends SkeinError {
  declare readonly code: DownloadErrorCode

  // only to narrow the code
  constructor(code: DownloadErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}

/**
 * How a request ended. Every request has exactly one end, and none of them is silent.
 *
 * `done` its callback ran · `redirected` another request took its place · `duplicate` it had been enqueued before ·
 * `offsite` outside `allowedDomains` · `robots` forbidden by robots.txt · `depth` deeper than `depthLimit` ·
 * `url-length` longer than `urlLengthLimit` ·
 * `budget` its slot had taken all that its budget allows ·
 * `http-error` a status the spider does not handle · `ignored` a middleware of yours refused it ·
 * `failed` download, callback or pipeline failed · `dead` given up after too many deliveries.
 */
export type EndReason =
  | 'done'
  | 'redirected'
  | 'duplicate'
  | 'offsite'
  | 'robots'
  | 'depth'
  | 'url-length'
  | 'budget'
  | 'http-error'
  | 'ignored'
  | 'failed'
  | 'dead'

/**
 * Thrown by a middleware: this request ends here, visibly, with `reason`. The spider's `errback` still hears of it.
 *
 * @example
 * throw new IgnoreRequest('sold-out pages are not wanted')
 */
export class IgnoreRequest extends SkeinError {
  readonly reason: EndReason

  constructor(message: string, reason: EndReason = 'ignored', options?: ErrorOptions) {
    super('ERR_IGNORED', message, options)
    this.reason = reason
  }
}

/** Thrown by a pipeline: this item goes no further. It is counted and logged, and the page goes on. */
export class DropItem extends SkeinError {
  constructor(message: string) {
    super('ERR_ITEM_DROPPED', message)
  }
}

/**
 * Thrown by a spider, or anything it calls: end the crawl in good order with `reason`. What is in flight is finished.
 *
 * Thrown by a pipeline it ends the crawl as well, and the item it was thrown for was not stored: so its page does not count as done, but
 * is a dead letter like that of any other error of a pipeline, with `cause` as what is wrong.
 */
export class CloseSpider extends SkeinError {
  readonly reason: string

  constructor(reason = 'cancelled', options?: ErrorOptions) {
    super('ERR_CLOSE_SPIDER', `the spider asked to close: ${reason}`, options)
    this.reason = reason
  }
}
