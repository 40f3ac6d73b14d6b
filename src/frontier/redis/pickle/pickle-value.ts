/**
 * Plain data out of a pickle. A Python tuple is an array like a list, a dict a Map in its order, a set or frozenset a Set, bytes and bytearray
 * a Uint8Array; an int beyond 2^53 is a bigint. A str of Python 2 is a string, or bytes where it is no UTF-8.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | ReadonlyMap<PickleValue, PickleValue>
  | ReadonlySet<PickleValue>
