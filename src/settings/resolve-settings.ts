import { UsageError } from '../errors.ts'
import { checks } from './checks.ts'
import { parseSetting } from './parse-setting.ts'
import { presets } from './presets.ts'
import { defaultSettings, type Settings } from './settings.ts'
import type { SettingsLayer } from './settings-layer.ts'
import { explainUnknownSetting } from './unknown-setting.ts'

/** Settings, where each came from, and what was wrong on the way. */
export interface CollectedSettings {
  readonly settings: Settings
  /** By name: the layer that had the last word, `default` where none spoke. */
  readonly origins: Readonly<Record<keyof Settings, string>>
  /** One sentence each; empty when all is well. */
  readonly problems: readonly SettingProblem[]
}

/** One thing that is wrong with a setting. */
export interface SettingProblem {
  readonly code: 'ERR_SETTING_UNKNOWN' | 'ERR_SETTING_INVALID'
  readonly message: string
}

/**
 * Puts layers together, each over the ones before it and all over the defaults; frozen. Objects (`slots`, `defaultHeaders`) are merged by
 * key, everything else is replaced. A preset stands below the values of its own layer and above the layers before it.
 *
 * Throws one {@link UsageError} that names all problems of all layers.
 *
 * @example
 * resolveSettings([
 *   { name: 'skein.config.ts', values: { delay: 1 } },
 *   { name: 'the command line', values: { concurrency: '4' }, text: true },
 * ])
 */
export function resolveSettings(layers: readonly SettingsLayer[]): Settings {
  const { settings, problems } = collectSettings(layers)
  throwProblems(problems)
  return settings
}

/** As {@link resolveSettings}, for those who want to know where values came from, or to gather problems of their own before throwing. */
export function collectSettings(layers: readonly SettingsLayer[]): CollectedSettings {
  const values: Record<string, unknown> = { ...defaultSettings }
  const origins = Object.fromEntries(Object.keys(defaultSettings).map((name) => [name, 'default'])) as Record<string, string>
  const problems: SettingProblem[] = []

  for (const layer of layers) {
    const own = checkLayer(layer, problems)
    const preset = own['preset'] as Settings['preset'] | undefined
    for (const [name, value] of preset === undefined ? [] : Object.entries(presets[preset])) {
      values[name] = value
      origins[name] = `preset ${preset}, ${layer.name}`
    }
    for (const [name, value] of Object.entries(own)) {
      values[name] = merge(name, values[name], value)
      origins[name] = layer.name
    }
  }
  return { settings: deepFreeze(values) as unknown as Settings, origins: origins as Record<keyof Settings, string>, problems }
}

/** Throws one error for all problems; returns when there is none. */
export function throwProblems(problems: readonly SettingProblem[]): void {
  const [first] = problems
  if (first === undefined) return
  const code = problems.every((p) => p.code === 'ERR_SETTING_UNKNOWN') ? 'ERR_SETTING_UNKNOWN' : 'ERR_SETTING_INVALID'
  if (problems.length === 1) throw new UsageError(code, first.message)
  throw new UsageError(code, `${problems.length} settings are wrong:\n${problems.map((p) => `  - ${p.message}`).join('\n')}`)
}

/** The values of one layer that are right, as what they mean. */
function checkLayer(layer: SettingsLayer, problems: SettingProblem[]): Record<string, unknown> {
  const own: Record<string, unknown> = {}
  for (const [name, given] of Object.entries(layer.values) as [string, unknown][]) {
    if (given === undefined) continue
    if (!isSettingName(name)) {
      problems.push({ code: 'ERR_SETTING_UNKNOWN', message: explainUnknownSetting(name, layer.name) })
      continue
    }
    const value = layer.text === true ? parseSetting(name, String(given)) : given
    const problem = checks[name](value, name)
    if (problem === undefined) own[name] = value
    else problems.push({ code: 'ERR_SETTING_INVALID', message: `${problem} (from ${layer.name})` })
  }
  return own
}

/** Whether there is a setting of that name. */
export function isSettingName(name: string): name is keyof Settings {
  return Object.hasOwn(defaultSettings, name)
}

function merge(name: string, below: unknown, above: unknown): unknown {
  if (name === 'slots') {
    const merged = { ...(below as Settings['slots']) }
    for (const [slot, given] of Object.entries(above as Settings['slots'])) merged[slot] = { ...merged[slot], ...given }
    return merged
  }
  if (name === 'defaultHeaders') {
    // names of headers are equal whatever their case; a name that comes later keeps its own
    const names = new Set(Object.keys(above as object).map((header) => header.toLowerCase()))
    const kept = Object.entries(below as object).filter(([header]) => !names.has(header.toLowerCase()))
    return { ...Object.fromEntries(kept), ...(above as object) }
  }
  return above
}

/** A frozen copy: what was passed in stays the caller's. */
function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(deepFreeze))
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, v]) => [key, deepFreeze(v)])))
}
