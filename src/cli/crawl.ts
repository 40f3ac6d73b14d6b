import type { Command } from 'commander'
import { addCrawlOptions, type CrawlFlags } from './crawl-options.ts'
import type { Outcome } from './outcome.ts'

/** `skein crawl <name>`: runs a spider of the project. */
export function addCrawl(program: Command, outcome: Outcome): void {
  const command = program
    .command('crawl')
    .description('run a spider of this project')
    .argument('[name]', 'the name of the spider, see `skein list`')
  addCrawlOptions(command).action(async (name: string | undefined, flags: CrawlFlags) => {
    const [{ loadProject, pickSpider }, { runSpider }] = await Promise.all([
      import('../crawl/load-project.ts'),
      import('./run-spider.ts'),
    ])
    const project = await loadProject(process.cwd())
    try {
      outcome.code = await runSpider(project, pickSpider(project, name), flags)
    } finally {
      project.close()
    }
  })
}
