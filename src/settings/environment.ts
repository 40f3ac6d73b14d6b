import { defaultSettings } from './settings.ts'
import type { SettingsLayer } from './settings-layer.ts'

/** The environment variable of a setting: `SKEIN_LOG_LEVEL` for `logLevel`. */
export function environmentName(setting: string): string {
  return `SKEIN_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/**
 * The settings that the environment holds. A variable that is empty counts as absent; one that begins with `SKEIN_` and names no setting
 * is a problem of the layer, like any misspelt name.
 */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): SettingsLayer {
  const names = new Map(Object.keys(defaultSettings).map((name) => [environmentName(name), name]))
  const values: Record<string, string> = {}
  for (const [variable, value] of Object.entries(env)) {
    if (variable.startsWith('SKEIN_') && value) values[names.get(variable) ?? variable] = value
  }
  return { name: 'the environment', values, text: true }
}
