import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'

/**
 * What an errback gets: a request that brought no page for its callback.
 *
 * `error` is a `DownloadError` (its `code` says why), or an `IgnoreRequest` (its `reason` says why: `http-error`, `robots`, …, and `offsite`, `depth`,
 * `url-length` for a request that was refused before it came into the queue: its errback runs behind the callback that gave it).
 */
export interface Failure {
  readonly request: Request
  readonly error: unknown
  /** There for a status that the spider does not handle. */
  readonly response: Response | undefined
}
