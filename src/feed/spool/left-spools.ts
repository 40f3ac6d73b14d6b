import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A name that fits a template, and the number of the batch in it. */
export interface FoundName {
  readonly name: string
  readonly id: number | undefined
}

/** The files below a folder that fit the patterns of a template, part for part, with an ending behind. Only folders that fit are looked into. */
export function namesLike(root: string, patterns: readonly (string | RegExp)[], ending: string): readonly FoundName[] {
  let found: FoundName[] = [{ name: '', id: undefined }]
  for (const [i, pattern] of patterns.entries()) {
    const last = i === patterns.length - 1
    found = found.flatMap((folder) => {
      if (typeof pattern !== 'string') return matching(root, folder, pattern, last ? ending : undefined)
      const name = i === 0 ? pattern : `${folder.name}/${pattern}`
      return last && !existsSync(join(root, name + ending)) ? [] : [{ name, id: folder.id }]
    })
  }
  return found
}

/** What is in the folder and fits; files with the ending, or, without one, folders. */
function matching(root: string, folder: FoundName, pattern: RegExp, ending: string | undefined): FoundName[] {
  return entries(join(root, folder.name, '/'), ending !== undefined).flatMap((entry) => {
    if (ending !== undefined && !entry.endsWith(ending)) return []
    const bare = entry.slice(0, entry.length - (ending?.length ?? 0))
    const match = pattern.exec(bare)
    if (match === null) return []
    const number = match.groups?.['id']
    const name = folder.name === '' && !root.endsWith('/') ? bare : `${folder.name}/${bare}`
    return [{ name, id: number === undefined ? folder.id : Number(number) }]
  })
}

function entries(folder: string, files: boolean): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => (files ? !entry.isDirectory() : !entry.isFile()))
      .map(({ name }) => name)
  } catch {
    // not there, or not ours to read
    return []
  }
}
