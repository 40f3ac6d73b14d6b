// npm test: installs what it needs, builds, checks types, lint, dead code and the package, and runs every test.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { prepareMongo } from './ferretdb.mjs'
import { checkNode, giveUp, installDependencies, installSystemPackages, root, step, tool } from './steps.mjs'

checkNode()
installDependencies()
const mongo = prepareMongo()
step('Building', process.execPath, ['scripts/build.mjs'])
step('Checking types', tool('tsc'), ['-p', '.'])
step('Checking format and lint', tool('biome'), ['check', '.'])
step('Looking for dead code', tool('knip'), [])

const notRun = installSystemPackages({
  '/usr/sbin/nginx': 'nginx-light',
  '/usr/bin/scrapy': 'python3-scrapy',
  '/usr/share/doc/python3.11/html': 'python3-doc',
  '/usr/share/doc/debian-handbook/html': 'debian-handbook',
})

const noFeedTools = installSystemPackages({
  '/usr/bin/python3': 'python3',
  '/usr/bin/brotli': 'brotli',
  '/usr/bin/zstd': 'zstd',
  '/usr/lib/python3/dist-packages/pyftpdlib': 'python3-pyftpdlib',
})

const noServers = installSystemPackages({ '/usr/bin/redis-server': 'redis-server', '/usr/lib/postgresql': 'postgresql' })
if (noServers !== undefined)
  giveUp(`The suites of the Redis frontier and of PostgreSQL cannot run, and they are not to be left out: ${noServers}`)

const noMongo = await mongo

const report = join(root, 'node_modules', '.cache', 'test-report.json')
rmSync(report, { force: true })
step('Running the tests', tool('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], {
  env: {
    ...(notRun === undefined ? {} : { SKEIN_NO_REAL_SITES: notRun }),
    ...(noFeedTools === undefined ? {} : { SKEIN_NO_FEED_TOOLS: noFeedTools }),
    ...(noMongo === undefined ? {} : { SKEIN_NO_MONGODB: noMongo }),
  },
  advice: 'The failures are above.',
})
step('Trying the package as it is published', process.execPath, ['scripts/check-package.mjs'])

const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
if (notRun !== undefined) console.error(`\n⚠ The real-sites suite DID NOT RUN: ${notRun}`)
if (noFeedTools !== undefined)
  console.error(`\n⚠ The feeds were NOT READ by Python, brotli and zstd, nor sent to an FTP server: ${noFeedTools}`)
if (noMongo !== undefined) {
  const which = process.env['MONGODB_URL'] ? 'MongoDB suites that end and restart a server' : 'MongoDB suites'
  console.error(`\n⚠ The ${which} DID NOT RUN: ${noMongo}`)
}
if (numPassedTests === 0) giveUp('No test ran.')
console.log(`\n${numPassedTests} passed, ${numFailedTests} failed${numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''}`)
