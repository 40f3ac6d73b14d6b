import type { DownloaderMiddlewareSpec, DownloadHandlerFactory } from '../downloader/contract.ts'
import type { Extension } from '../extensions/contract.ts'
import type { FeedOptions } from '../feed/contract.ts'
import type { Item, Pipeline } from '../pipeline/contract.ts'
import type { ScraperMiddlewareSpec } from '../scraper/contract.ts'
import { collectSettings, type SettingProblem, throwProblems } from '../settings/resolve-settings.ts'
import type { Settings } from '../settings/settings.ts'
import type { SettingsLayer } from '../settings/settings-layer.ts'
import { configParts } from '../settings/unknown-setting.ts'
import type { Config } from './contract.ts'

/** A config, or a part of one, from one place. */
export interface ConfigLayer {
  /** How messages call the place: `skein.config.ts`. */
  readonly name: string
  readonly config: Config | Readonly<Record<string, unknown>>
  /** The values are texts (command line, environment). @default false */
  readonly text?: boolean
}

/** All that a crawl is put together from, with nothing left open. */
export interface ResolvedConfig {
  readonly settings: Settings
  /** By setting: the layer that had the last word. */
  readonly origins: Readonly<Record<keyof Settings, string>>
  readonly feeds: readonly FeedOptions[]
  // biome-ignore lint/suspicious/noExplicitAny: as in Config
  readonly pipelines: readonly Pipeline<any, Item>[]
  readonly downloaderMiddlewares: readonly DownloaderMiddlewareSpec[]
  readonly downloadHandlers: Readonly<Record<string, DownloadHandlerFactory | null>>
  readonly scraperMiddlewares: readonly ScraperMiddlewareSpec[]
  readonly extensions: readonly Extension[]
}

/**
 * Puts the layers of a config together: the settings as `resolveSettings` does; of `feeds`, `pipelines` and the other parts, the last
 * layer that has one decides it whole.
 *
 * Throws one UsageError that names all problems of all layers.
 */
export function resolveConfig(layers: readonly ConfigLayer[]): ResolvedConfig {
  const problems: SettingProblem[] = []
  const parts: Record<Part, unknown> = {
    feeds: [],
    pipelines: [],
    downloaderMiddlewares: [],
    downloadHandlers: {},
    scraperMiddlewares: [],
    extensions: [],
  }
  const settingsLayers = layers.map((layer): SettingsLayer => {
    const values: Record<string, unknown> = { ...layer.config }
    if (layer.text !== true) {
      for (const part of configParts) {
        const given = values[part]
        delete values[part]
        if (given === undefined) continue
        const problem = part === 'downloadHandlers' ? checkHandlers(given) : checkList(part, given)
        if (problem === undefined) parts[part] = given
        else problems.push({ code: 'ERR_SETTING_INVALID', message: `${problem} (from ${layer.name})` })
      }
    }
    return { name: layer.name, values, text: layer.text === true }
  })
  const collected = collectSettings(settingsLayers)
  throwProblems([...collected.problems, ...problems])
  return { settings: collected.settings, origins: collected.origins, ...(parts as unknown as Parts) }
}

/** A resolved config as one layer again, to hand to `crawl()`: it says everything, so that nothing below it shows through. */
export function flattenConfig(resolved: ResolvedConfig): Config {
  const { settings, origins: _, ...parts } = resolved
  return { ...settings, ...parts }
}

type Part = (typeof configParts)[number]
type Parts = Pick<ResolvedConfig, Part>

/** What each entry of a list must have, beside being an object: the field, the type it must be of, and an example. */
const entryMust: Readonly<Record<Exclude<Part, 'downloadHandlers'>, readonly [field: string, type: string, example: string]>> = {
  feeds: ['uri', 'string', "{ uri: 'items.jsonl' }"],
  pipelines: ['process', 'function', "{ name: 'priced', process(item) { … } }"],
  downloaderMiddlewares: ['create', 'function', "{ name: 'log-slow', order: 700, create(context) { … } }"],
  scraperMiddlewares: ['create', 'function', "{ name: 'no-pdf', order: 700, create(context) { … } }"],
  extensions: ['open', 'function', "{ name: 'stop-at-noon', open(context) { … } }"],
}

function checkHandlers(given: unknown): string | undefined {
  const right =
    typeof given === 'object' &&
    given !== null &&
    Object.entries(given).every(
      ([scheme, make]) => /^[a-z][a-z0-9+.-]*$/.test(scheme) && (make === null || typeof make === 'function'),
    )
  return right
    ? undefined
    : 'Expected `downloadHandlers` to be an object of URL schemes and functions that make their handlers (or null), like { ftp: (context) => … }'
}

function checkList(part: Exclude<Part, 'downloadHandlers'>, list: unknown): string | undefined {
  const [field, type, example] = entryMust[part]
  if (!Array.isArray(list)) return `Expected \`${part}\` to be a list of objects like ${example}`
  for (const [i, entry] of (list as unknown[]).entries()) {
    const value = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)[field] : undefined
    if (typeof value !== type) return `Expected \`${part}[${i}]\` to be an object like ${example}`
  }
  return undefined
}
