import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing; nothing happens when it is there. Throws what the system says.
 *
 * Not `mkdir` with `recursive`: where the system answers ENOENT for a folder whose parent is there, as /proc does, Node tries for ever.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    const above = dirname(path)
    if (code !== 'ENOENT' || above === path) throw error
    makeFolder(above)
    mkdirSync(path)
  }
}
