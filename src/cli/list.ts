import type { Command } from 'commander'
import type { Outcome } from './outcome.ts'

/** `skein list`: the spiders of the project, one a line, on standard output; what is wrong with files goes to standard error. */
export function addList(program: Command, outcome: Outcome): void {
  program
    .command('list')
    .description('list the spiders of this project')
    .action(async () => {
      const { loadProject, twice } = await import('../crawl/load-project.ts')
      const project = await loadProject(process.cwd())
      const { spiders } = project
      const problems = [...project.problems]
      for (const [i, found] of spiders.entries()) {
        const before = spiders[i - 1]
        if (before?.name === found.name) problems.push(twice(before, found))
        else process.stdout.write(`${found.name}\n`)
      }
      if (spiders.length === 0 && problems.length === 0)
        process.stderr.write('There are no spiders yet: `skein gen NAME DOMAIN` makes one.\n')
      for (const file of project.withoutSpider) process.stderr.write(`skein: ${file} exports no class that extends Spider.\n`)
      for (const problem of problems) process.stderr.write(`skein: ${problem}\n`)
      project.close()
      outcome.code = problems.length > 0 ? 2 : 0
    })
}
