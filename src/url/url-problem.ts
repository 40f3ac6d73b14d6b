import { SkeinError } from '../errors.ts'

/**
 * What is wrong with a URL, said by the parts that see only a piece of it. It never leaves this folder: the functions that were
 * given the whole URL turn it into a SkeinError with `asUrlError`.
 */
export class UrlProblem extends Error {
  /** True when a character does not exist in the encoding asked for; in UTF-8 it might. */
  readonly unencodable: boolean

  constructor(message: string, unencodable = false) {
    super(message)
    this.unencodable = unencodable
  }
}

/** `ERR_URL_INVALID` for a UrlProblem, anything else as it is. */
export function asUrlError(error: unknown, url: string): unknown {
  if (!(error instanceof UrlProblem)) return error
  return new SkeinError('ERR_URL_INVALID', `Invalid URL ${quoted(url, 500)}: ${error.message}`, { cause: error })
}

/** Text in quotes for a message, its beginning only if it is long: pages hold URLs of megabytes. */
export function quoted(text: string, length = 100): string {
  return JSON.stringify(text.length > length ? `${text.slice(0, length)}…` : text)
}
