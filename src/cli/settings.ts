import type { Command } from 'commander'
import { type ConfigLayer, resolveConfig } from '../crawl/config.ts'
import { findProject } from '../crawl/find-project.ts'
import { UsageError } from '../errors.ts'
import { show } from '../settings/checks.ts'
import { environmentLayer } from '../settings/environment.ts'
import { isSettingName } from '../settings/resolve-settings.ts'
import type { Settings } from '../settings/settings.ts'
import { explainUnknownSetting } from '../settings/unknown-setting.ts'
import { settingsLayer } from './crawl-options.ts'
import { masked } from './masked.ts'

/** `skein settings [name]`: what holds here, and where it was said. Secrets are not shown. */
export function addSettings(program: Command): void {
  program
    .command('settings')
    .description('show the settings that hold here, and where each comes from')
    .argument('[name]', 'print the value of this one only, as JSON')
    .option(
      '-s, --set <setting=value>',
      'as with crawl (repeatable)',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option('--spider <name>', 'with the settings of this spider')
    .action(async (name: string | undefined, flags: { readonly set: readonly string[]; readonly spider?: string }) => {
      if (name !== undefined && !isSettingName(name))
        throw new UsageError('ERR_SETTING_UNKNOWN', explainUnknownSetting(name, 'the command line'))
      const environment = environmentLayer(process.env)
      const { settings, origins } = resolveConfig([
        ...(await projectLayers(flags.spider)),
        { name: environment.name, config: environment.values, text: true },
        settingsLayer(flags),
      ])
      process.stdout.write(name === undefined ? await table(settings, origins) : `${JSON.stringify(masked(settings[name]))}\n`)
    })
}

/** The layers of the project, if there is one; a spider can only be asked for where there is. */
async function projectLayers(spider: string | undefined): Promise<ConfigLayer[]> {
  if (spider === undefined && findProject(process.cwd()) === undefined) return []
  const { loadProject, pickSpider } = await import('../crawl/load-project.ts')
  const project = await loadProject(process.cwd(), { spiders: spider !== undefined })
  try {
    const layers = [{ name: project.configFile!, config: project.config }]
    if (spider === undefined) return layers
    const found = pickSpider(project, spider)
    return [...layers, { name: `the spider ${found.name}`, config: found.spider.settings ?? {} }]
  } finally {
    project.close()
  }
}

async function table(settings: Settings, origins: Readonly<Record<keyof Settings, string>>): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const rows = Object.entries(settings).map(([name, value]) => [name, show(masked(value)), origins[name as keyof Settings]])
  // borders are for eyes; a pipe gets columns
  if (!process.stdout.isTTY) return `${rows.map((row) => row.join('\t')).join('\n')}\n`
  const shown = new Table({ head: ['setting', 'value', 'from'], style: { head: [], border: [], compact: true } })
  shown.push(...rows)
  return `${shown.toString()}\n`
}
