import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { addCrawlOptions, type CrawlFlags } from './crawl-options.ts'
import type { Outcome } from './outcome.ts'

/** `skein run <file>`: runs the spider of a file, in a project or without one. */
export function addRun(program: Command, outcome: Outcome): void {
  const command = program
    .command('run')
    .description('run the spider of a file; needs no project')
    .argument('<file>', 'a .ts, .mts, .js or .mjs file that exports a spider')
    .option('--spider <name>', 'which spider, where the file has several')
  addCrawlOptions(command).action(async (file: string, flags: CrawlFlags & { readonly spider?: string }) => {
    const [{ loadSpiderFile, pickSpider }, { runSpider }] = await Promise.all([
      import('../crawl/load-project.ts'),
      import('./run-spider.ts'),
    ])
    const project = await loadSpiderFile(process.cwd(), file)
    try {
      if (flags.spider === undefined && project.spiders.length > 1) {
        const names = project.spiders.map(({ name }) => name)
        throw new UsageError(
          'ERR_SPIDER_UNKNOWN',
          `${file} has ${names.length} spiders: say which with --spider: ${names.join(', ')}.`,
        )
      }
      outcome.code = await runSpider(project, pickSpider(project, flags.spider), flags)
    } finally {
      project.close()
    }
  })
}
