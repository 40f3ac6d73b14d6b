import { UsageError } from '../errors.ts'

/**
 * Loads a package that only some crawls need (a database driver, an image library). It is not among the dependencies of skein: whoever
 * uses what needs it installs it.
 *
 * @param load the `import()`, written where it is needed, so that bundlers and types see it
 * @param what what needs the package, for the message: `the mongo pipeline`
 * @throws UsageError `ERR_PEER_MISSING` with the command that installs it
 *
 * @example
 * const { MongoClient } = await importPeer('mongodb', () => import('mongodb'), 'the mongo pipeline')
 */
export async function importPeer<T>(name: string, load: () => Promise<T>, what: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    // only the package itself: a file that is missing inside of it is a damaged installation, and says so
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw cause
    throw new UsageError(
      'ERR_PEER_MISSING',
      `${what} needs the package ${name}, which is not installed here. Install it: npm install ${name}`,
      { cause },
    )
  }
}
