import type { LuaScript } from './lua-script.ts'

/**
 * The way to one Redis, whatever stands at its other end: one server, a Sentinel group, a Cluster. One connection for commands, one for
 * messages.
 *
 * Nothing here gives up: a call whose connection breaks, that is not answered, or that finds the server full, loading or failing over is
 * sent again, with back-off, until it is answered or the link is closed. **Whatever is called must therefore be safe to repeat.**
 */
export interface RedisLink {
  /**
   * Runs a script; `keys[0]` decides which node of a Cluster runs it. Rejects with a SkeinError for what repeating does not mend (a script
   * error, a wrong type at a key, missing rights), and with `ERR_REDIS_CLOSED` when the link is closed meanwhile.
   *
   * Numbers come back as numbers, texts as strings, nil as null, tables as arrays.
   */
  run(script: LuaScript, keys: readonly string[], args: readonly string[]): Promise<unknown>

  /** Runs a plain command on the node that has `key`, under the same rules. */
  command(key: string, args: readonly string[]): Promise<unknown>

  /** Hears of messages on a channel. Subscribed again after a break; `onGap` is called then, since messages may have been missed. */
  subscribe(channel: string, onMessage: (message: string) => void, onGap: () => void): Promise<void>

  /**
   * Called when another server answers than before (it was restarted, restored, or a replica took over): what was written last may be
   * gone. Called before the answer to any call that the new server answered.
   */
  onServerChanged(listener: () => void): void

  /** Ends both connections; what waits rejects with `ERR_REDIS_CLOSED`. Never hangs. */
  close(): Promise<void>
}
