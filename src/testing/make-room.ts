/**
 * Forgets the half of a full map that came first, so that one more has room. A half at once: looking for the first key costs as much as keys
 * were deleted before it, so that one at a time would be quadratic.
 */
export function makeRoom(map: Map<string, unknown>, capacity: number): void {
  if (map.size < capacity) return
  for (const first of map.keys()) {
    if (map.size <= capacity / 2) return
    map.delete(first)
  }
}
