// Runs a program of the tests that is written in TypeScript, on a build of now.
import { register } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkNode, installDependencies, root, step } from './steps.mjs'

/** Calls `main(args)` of `test/<folder>/main.ts`, and ends with the exit code that it gives. `--no-build` runs what is built. */
export async function runMain(folder) {
  checkNode()
  installDependencies()
  if (!process.argv.includes('--no-build')) step('Building', process.execPath, ['scripts/build.mjs'])

  // what it is written in is made readable for Node one file at a time, where it stands
  const hooks = `
import { transform } from ${JSON.stringify(import.meta.resolve('esbuild'))}
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
export async function load(url, context, next) {
  if (!/\\.(ts|lua)$/.test(url)) return next(url, context)
  const text = await readFile(fileURLToPath(url), 'utf8')
  const source = url.endsWith('.lua')
    ? 'export default ' + JSON.stringify(text)
    : (await transform(text, { loader: 'ts', target: 'node20', format: 'esm', sourcemap: 'inline', sourcefile: fileURLToPath(url) })).code
  return { format: 'module', source, shortCircuit: true }
}`
  register(`data:text/javascript,${encodeURIComponent(hooks)}`)
  process.setSourceMapsEnabled(true)
  const { main } = await import(pathToFileURL(join(root, 'test', folder, 'main.ts')).href)
  process.exit(await main(process.argv.slice(2).filter((arg) => arg !== '--no-build')))
}
