import type { Settings } from './settings.ts'

/** Milliseconds between two starts that the settings ask for at a slot. */
export function slotDelay({ slots, delay }: Pick<Settings, 'slots' | 'delay'>, name: string): number {
  return (slots[name]?.delay ?? delay) * 1000
}
