// What the set-up scripts share: running a step visibly, and having the dependencies in place.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Ends the script with a message that says what to do. */
export function giveUp(message) {
  console.error(`\n✖ ${message}`)
  process.exit(1)
}

/** Runs a command, its output on the terminal. Ends the script when it fails, with `advice`. */
export function step(title, command, args, { advice = '', env = {} } = {}) {
  console.log(`\n── ${title}`)
  const started = Date.now()
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  if (error !== undefined) giveUp(`${title}: ${command} could not be started (${error.message}). ${advice}`)
  if (status !== 0) giveUp(`${title} failed (${command} ended with ${status}). ${advice}`)
  console.log(`   ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

/** A tool of the project's own dependencies. */
export const tool = (name) => join(root, 'node_modules', '.bin', name)

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) giveUp(`Node ${process.versions.node} is too old. Expected 20.19 or newer.`)
}

/** Installs the dependencies unless what is installed is what the lock file names. */
export function installDependencies() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (existsSync(installed)) {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const present = JSON.parse(readFileSync(installed, 'utf8')).packages
    const missing = Object.entries(wanted).filter(
      ([path, { version, optional }]) => path !== '' && !optional && present[path]?.version !== version,
    )
    if (missing.length === 0) return
  }
  step('Installing dependencies (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund'], {
    advice: 'Is there a connection to the npm registry? `npm config get registry` tells which one is asked.',
  })
}

/** Makes sure that these commands exist, from the distribution's packages where they do not; says what is missing, or undefined. */
export function installSystemPackages(packages) {
  const missing = Object.entries(packages).filter(([path]) => !existsSync(path))
  if (missing.length === 0) return undefined
  const names = missing.map(([, name]) => name)
  const byHand = `apt-get install ${names.join(' ')}`
  if (process.getuid?.() !== 0) return `${names.join(', ')} missing; install them: sudo ${byHand}`
  console.log(`\n── Installing ${names.join(', ')} (apt-get)`)
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...names],
  ]) {
    const { status, error } = spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (error !== undefined || status !== 0)
      return `${names.join(', ')} could not be installed (apt-get ${args[0]} failed). By hand: ${byHand}`
  }
  return undefined
}
