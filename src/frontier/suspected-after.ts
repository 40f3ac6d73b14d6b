/** From this many leases without a commit on, a request is suspected of killing its workers. */
export function suspectedAfter(maxDeliveries: number): number {
  return Math.max(1, Math.floor(maxDeliveries / 2))
}
