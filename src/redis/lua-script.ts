import { createHash } from 'node:crypto'

/** A Lua script as Redis knows it. */
export interface LuaScript {
  readonly name: string
  readonly source: string
  /** Of the source, in hex: what EVALSHA takes. */
  readonly sha: string
}

/**
 * Puts a script together from its parts, in their order.
 *
 * It begins with a shebang, which makes Redis refuse it as a whole when memory is full, before its first write. With `allowOom` it runs all
 * the same: for scripts that free memory, or need next to none.
 */
export function luaScript(name: string, parts: readonly string[], options: { readonly allowOom?: boolean } = {}): LuaScript {
  const source = [options.allowOom === true ? '#!lua flags=allow-oom' : '#!lua', ...parts].join('\n')
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}
