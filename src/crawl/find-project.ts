import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const CONFIG_NAMES = ['skein.config.ts', 'skein.config.mts', 'skein.config.js', 'skein.config.mjs']

/** Where a project is, and what belongs to it; absolute paths. */
export interface ProjectFiles {
  /** The folder of the config file. */
  readonly root: string
  readonly configFile: string
}

/** The project that a folder belongs to: the nearest `skein.config.ts` (or .mts, .js, .mjs) in it or above. */
export function findProject(folder: string): ProjectFiles | undefined {
  for (let root = resolve(folder); ; root = dirname(root)) {
    const name = CONFIG_NAMES.find((candidate) => existsSync(join(root, candidate)))
    if (name !== undefined) return { root, configFile: join(root, name) }
    if (root === dirname(root)) return undefined
  }
}

/**
 * The files in `spiders/` that may hold spiders, sorted: .ts, .mts, .js and .mjs at any depth. Left out are tests, declarations,
 * `node_modules`, and what begins with `_` or a dot: the place for what spiders share.
 */
export function findSpiderFiles(root: string): string[] {
  const folder = join(root, 'spiders')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /\.m?[jt]s$/.test(entry.name) && !/\.(d|test|spec)\.m?[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/]([_.]|node_modules[\\/])/.test(path.slice(folder.length)))
    .sort()
}
