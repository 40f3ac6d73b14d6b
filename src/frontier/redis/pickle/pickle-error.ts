import { SkeinError } from '../../../errors.ts'

/** `ERR_PICKLE`: these bytes are no pickle, or one that cannot be read. `at` is the place in bytes. */
export function pickleError(problem: string, at: number): SkeinError {
  return new SkeinError(
    'ERR_PICKLE',
    `Not a pickle that can be read: ${problem} (byte ${at}). Expected what Python's pickle.dumps() wrote, whole.`,
  )
}

/** `ERR_PICKLE_UNSAFE`: whoever loads this pickle runs what its writer chose. `what` names what it would have been. */
export function unsafePickle(opcode: string, what: string, at: number): SkeinError {
  const named = what === '' ? '' : ` (${what})`
  return new SkeinError(
    'ERR_PICKLE_UNSAFE',
    `The pickle has ${opcode}${named} at byte ${at}, which makes Python look up or call something. Expected plain data: None, bool, int, float, str, bytes, list, tuple, dict, set.`,
  )
}
