import { SkeinError } from '../../../errors.ts'
import { maskCredentials } from '../../../log/mask-credentials.ts'

const EXPECTED = 'Expected a URL, or a JSON object such as {"url": "https://example.com/"}.'

/** `ERR_SEED`: what is wrong with a message, and what is expected. */
export function seedError(problem: string, cause?: unknown): SkeinError {
  return new SkeinError(
    'ERR_SEED',
    `Not a seed: ${maskCredentials(problem)} ${EXPECTED}`,
    cause === undefined ? undefined : { cause },
  )
}
