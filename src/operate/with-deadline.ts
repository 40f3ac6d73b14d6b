import { SkeinError } from '../errors.ts'
import type { RedisLink } from '../redis/link.ts'

/** Milliseconds until an operator is told that Redis does not answer: half to connect, half for the answer to one call. */
export const DEADLINE = 10_000

/**
 * A link that gives up: workers wait for a Redis that is away for as long as it takes, whoever sits at a terminal does not. A call that
 * is not answered in time ends the link, so that it is not carried out later.
 */
export function withDeadline(link: RedisLink, milliseconds: number): RedisLink {
  const hurry = <T>(answer: Promise<T>): Promise<T> =>
    inTime(answer, milliseconds, () => {
      void link.close()
      return new SkeinError(
        'ERR_REDIS_TIMEOUT',
        `Redis has not answered for ${milliseconds / 1000} s. What was asked for may have been done or not: look again when it is back.`,
      )
    })
  return {
    run: (script, keys, args) => hurry(link.run(script, keys, args)),
    command: (key, args) => hurry(link.command(key, args)),
    subscribe: (channel, onMessage, onGap) => hurry(link.subscribe(channel, onMessage, onGap)),
    onServerChanged: (listener) => link.onServerChanged(listener),
    close: () => link.close(),
  }
}

/** The answer, or, when it takes too long, the error. */
export function inTime<T>(answer: Promise<T>, milliseconds: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), milliseconds)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
