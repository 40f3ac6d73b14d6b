import type { HostPort } from './parse-redis-url.ts'

/** Where the servers are. */
export interface Topology {
  /**
   * The server for a slot; without Cluster it is the same for all. `lost`: it was not found where it was said to be. Rejects with a SkeinError
   * if nobody knows.
   */
  locate(slot: number, lost: boolean): Promise<HostPort | string>
  /** A node says that the slot is at this place, `host:port`. */
  moved(slot: number, place: string): void
  /** Tells from now on when the servers are elsewhere, though those that were asked last still answer. */
  watch?(onMoved: (place: HostPort) => void): void
}

/** One server that stays where it is. */
export const fixedPlace = (place: HostPort | string): Topology => ({
  locate: async () => place,
  moved: () => undefined,
})
