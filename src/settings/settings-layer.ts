import type { Settings } from './settings.ts'

/** Values from one place. */
export interface SettingsLayer {
  /** How messages call the place: `the command line`. */
  readonly name: string
  /** A value of `undefined` counts as absent. */
  readonly values: Readonly<Record<string, unknown>> | Partial<Settings>
  /** The values are texts, to be read by `parseSetting`. @default false */
  readonly text?: boolean
}
