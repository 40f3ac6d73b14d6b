// npm run test:nodes: the tests on each Node that is supported; the npm package `node` brings the binaries.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkNode, giveUp, installDependencies, root, step } from './steps.mjs'

const VERSIONS = ['20', '22', '24']

checkNode()
installDependencies()
step('Building', process.execPath, ['scripts/build.mjs'])
for (const version of VERSIONS) {
  const folder = join(root, 'node_modules', '.cache', `node-${version}`)
  const node = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    step(`Installing Node ${version}`, 'npm', ['install', `node@${version}`, '--prefix', folder, '--no-audit', '--no-fund'])
  }
  let found
  try {
    found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  } catch (error) {
    giveUp(`Node ${version} does not start: ${error.message}`)
  }
  const env = { PATH: `${join(folder, 'node_modules', 'node', 'bin')}:${process.env.PATH}` }
  step(`The tests on Node ${found}`, node, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run'], { env })
  step(`The command on Node ${found}`, node, [join(root, 'bin', 'skein.mjs'), 'version'], { env })
}
