// Builds FerretDB, which speaks MongoDB's language on SQLite, for tests on machines that have no mongod but Go. Done once: it is kept in
// node_modules/.cache. `go install` of it gives a program that refuses to run, since the file with its version is not in its module; so
// the module is fetched by name, copied, and built with that file.
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { giveUp, root } from './steps.mjs'

const VERSION = 'v1.24.0'
const binary = join(root, 'node_modules', '.cache', 'skein', 'bin', 'ferretdb')

/**
 * Begins to see to a MongoDB for the tests, beside whatever else is done. Resolves with the reason when there will be none.
 *
 * @returns {Promise<string | undefined>}
 */
export function prepareMongo() {
  if (runs('mongod', ['--version']) || existsSync(binary)) return Promise.resolve(undefined)
  if (!runs('go', ['version']))
    return Promise.resolve('there is no MongoDB (mongod), and no Go to build FerretDB with. Install one of them')
  console.log(`\n── Building FerretDB ${VERSION} meanwhile (Go)`)
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  return new Promise((resolve) => {
    child.on('close', (code) => {
      if (code !== 0) giveUp(`FerretDB could not be built, and the MongoDB suites are not to be left out where Go is:\n${said}`)
      resolve(undefined)
    })
  })
}

function runs(name, args) {
  try {
    execFileSync(name, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function build() {
  if (existsSync(binary)) return
  const source = mkdtempSync(join(tmpdir(), 'skein-ferretdb-'))
  const go = (args, cwd) => execFileSync('go', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const { Dir } = JSON.parse(go(['mod', 'download', '-json', `github.com/FerretDB/FerretDB@${VERSION}`], source))
    const copy = join(source, 'ferretdb')
    cpSync(Dir, copy, { recursive: true })
    makeWritable(copy)
    writeFileSync(join(copy, 'build', 'version', 'version.txt'), `${VERSION}\n`)
    go(['build', '-buildvcs=false', '-o', join(source, 'built'), './cmd/ferretdb'], copy)
    mkdirSync(dirname(binary), { recursive: true })
    // from another file system a rename fails; in place it is there as a whole or not at all
    cpSync(join(source, 'built'), `${binary}.${process.pid}`)
    chmodSync(`${binary}.${process.pid}`, 0o755)
    renameSync(`${binary}.${process.pid}`, binary)
  } finally {
    rmSync(source, { recursive: true, force: true })
  }
}

/** Go's module cache is read-only, and so is what is copied from it. */
function makeWritable(folder) {
  chmodSync(folder, 0o755)
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) makeWritable(path)
    else chmodSync(path, 0o644)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    build()
  } catch (error) {
    console.error(String(error.stderr || error.message).trim())
    process.exit(1)
  }
}
