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
  const shown = url.length > 500 ? `${url.slice(0, 500)}…` : url
  return new SkeinError('ERR_URL_INVALID', `Invalid URL ${JSON.stringify(shown)}: ${error.message}`, { cause: error })
}
