import type { MongoClient, MongoClientOptions } from 'mongodb'
import { UsageError } from '../../errors.ts'
import type { Clock } from '../../util/clock.ts'
import { importPeer } from '../../util/import-peer.ts'
import { within } from '../../util/within.ts'
import { StoreError } from '../store/store-error.ts'
import { type MongoDriver, mongoError } from './mongo-error.ts'

/** Milliseconds in which a server has to be found, and to have answered. */
const SELECTION = 5_000
const START = 10_000

/** A client that has heard of its server. */
export interface MongoConnection {
  readonly client: MongoClient
  readonly driver: MongoDriver
  /** Whether field names below the top may contain dots; FerretDB takes none. */
  readonly dots: boolean
}

/**
 * Connects, and looks whether the server answers this user.
 *
 * @param deadline milliseconds for one command
 * @throws UsageError ERR_STORE_URL for a URL or an option that is none; ERR_PEER_MISSING
 * @throws StoreError
 */
export async function connectMongo(
  url: string,
  where: string,
  deadline: number,
  given: Readonly<Record<string, unknown>>,
  clock: Clock,
): Promise<MongoConnection> {
  const driver = await importPeer('mongodb', () => import('mongodb'), 'mongo()')
  const ours: MongoClientOptions = {
    appName: 'skein',
    serverSelectionTimeoutMS: SELECTION,
    connectTimeoutMS: SELECTION,
    socketTimeoutMS: deadline,
    waitQueueTimeoutMS: deadline,
    maxPoolSize: 4,
  }
  // options of the object would win over those of the URL
  const options = Object.entries(ours).filter(([name]) => !new RegExp(`[?&]${name}=`, 'i').test(url))
  let client: MongoClient
  try {
    client = new driver.MongoClient(url, { ...Object.fromEntries(options), ...given })
  } catch (cause) {
    throw wrongOptions(cause)
  }
  try {
    let build: { ferretdbVersion?: string } = {}
    const asking = async (): Promise<void> => {
      await client.connect()
      const admin = client.db('admin')
      await admin.command({ ping: 1 })
      build = await admin.command({ buildInfo: 1 }).catch(() => ({}))
    }
    if (!(await within(asking(), START, clock)))
      throw new StoreError('ERR_STORE_SLOW', `${where} did not answer within ${START / 1000} s`)
    return { client, driver, dots: build.ferretdbVersion === undefined }
  } catch (error) {
    void client.close().catch(() => {})
    // a file with a certificate that is not there
    if ((error as NodeJS.ErrnoException).syscall === 'open') throw wrongOptions(error)
    const known = mongoError(error, where, driver)
    if (!known.transient) throw known
    throw new StoreError('ERR_STORE_AWAY', `${known.message}. The crawl does not begin without it`, { cause: error })
  }

  function wrongOptions(cause: unknown): UsageError {
    const said = String((cause as Error).message).replaceAll(url, where)
    return new UsageError('ERR_STORE_URL', `mongo(): its URL or its options are wrong: ${said}`, { cause })
  }
}
