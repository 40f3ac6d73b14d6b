import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { makeFolder } from '../util/make-folder.ts'
import { projectFiles } from './project-files.ts'

/** `skein init [dir]`: a project to start from. Writes nothing where any of its files is there already. */
export function addInit(program: Command): void {
  program
    .command('init')
    .description('make a new project, with an example spider')
    .argument('[dir]', 'the folder; made if it is not there', '.')
    .action((dir: string) => {
      const root = resolve(dir)
      const files = projectFiles(packageName(basename(root)))
      const present = Object.keys(files).filter((file) => existsSync(join(root, file)))
      if (present.length > 0) {
        throw new UsageError(
          'ERR_INIT_NOT_EMPTY',
          `${dir} has ${present.join(', ')} already: nothing was written. Expected a folder without these.`,
        )
      }
      try {
        for (const [file, text] of Object.entries(files)) {
          makeFolder(dirname(join(root, file)))
          writeFileSync(join(root, file), text, { flag: 'wx' })
        }
      } catch (error) {
        throw new UsageError('ERR_INIT_WRITE', `Cannot write the project: ${(error as Error).message}`, { cause: error })
      }
      const go = root === process.cwd() ? '' : `  cd ${relative(process.cwd(), root)}\n`
      const others = readdirSync(root).length > new Set(Object.keys(files).map((file) => file.split('/')[0])).size
      process.stdout.write(
        `A new project${others ? ' beside the files that were there' : ''}: ${Object.keys(files).join(', ')}\n\nNext:\n${go}  npm install\n  npx skein crawl quotes -O quotes.jsonl\n`,
      )
    })
}

/** What npm takes for a name. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return name === '' || name === 'skein' ? 'my-spiders' : name
}
