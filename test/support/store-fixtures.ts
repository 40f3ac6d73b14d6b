import { MongoClient } from 'mongodb'
import pg from 'pg'
import { mongo, type Pipeline, postgres, redisItems } from '../../src/index.ts'
import { type MongoServer, noOwnMongo, startMongo } from './mongo-server.ts'
import { startPostgres } from './postgres-server.ts'
import { startRedis } from './redis-server.ts'

/** An item as the tests of all stores use it; `page` is the key. */
export interface PageItem {
  readonly page: number
}

/** A store under test: a real server, and the pipeline that speaks to it. */
export interface StoreFixture {
  readonly name: string
  /** Set where no such server can be had; `npm test` says why. */
  readonly missing: boolean
  start(): Promise<RunningStore>
}

export interface RunningStore {
  readonly port: number
  /** Stores `PageItem`s under their key, in a place of that name; through another port, where one is given. */
  pipeline(place: string, options?: { readonly port?: number; readonly timeout?: number }): Pipeline
  /** What is in a place, sorted. */
  pages(place: string): Promise<number[]>
  kill(signal: NodeJS.Signals): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

const mongoFixture: StoreFixture = {
  name: 'mongo',
  missing: noOwnMongo,
  async start() {
    const server: MongoServer = await startMongo()
    const client = new MongoClient(server.url)
    return {
      port: server.port,
      pipeline: (place, { port = server.port, timeout = 30 } = {}) =>
        mongo({ url: `mongodb://127.0.0.1:${port}/pages`, collection: place, key: 'page', timeout }) as Pipeline,
      async pages(place) {
        const found = await client.db('pages').collection(place).find().toArray()
        return found.map((document) => document['page'] as number).sort((a, b) => a - b)
      },
      kill: server.kill,
      restart: server.restart,
      async stop() {
        await client.close()
        await server.stop()
      },
    }
  },
}

const redisFixture: StoreFixture = {
  name: 'redisItems',
  missing: false,
  async start() {
    const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    return {
      port: server.port,
      pipeline: (place, { port = server.port, timeout = 30 } = {}) =>
        redisItems({ url: `redis://127.0.0.1:${port}`, key: place, timeout }),
      async pages(place) {
        const texts = (await server.cli('LRANGE', place, 0, -1)) as string[]
        return texts.map((text) => (JSON.parse(text) as PageItem).page).sort((a, b) => a - b)
      },
      kill: server.kill,
      restart: () => server.restart(),
      stop: server.stop,
    }
  },
}

const postgresFixture: StoreFixture = {
  name: 'postgres',
  missing: false,
  async start() {
    const server = await startPostgres()
    // a connection for each question: the server is ended and started again
    const ask = async (text: string): Promise<readonly Record<string, unknown>[]> => {
      const client = new pg.Client(server.url)
      await client.connect()
      return client
        .query<Record<string, unknown>>(text)
        .then(({ rows }) => rows)
        .finally(() => client.end())
    }
    return {
      port: server.port,
      pipeline: (place, { port = server.port, timeout = 30 } = {}) =>
        postgres({
          url: server.url.replace(`:${server.port}/`, `:${port}/`),
          table: place,
          key: 'page',
          columns: { page: 'integer' },
          timeout,
        }) as Pipeline,
      pages: async (place) => (await ask(`SELECT page FROM ${place} ORDER BY page`)).map(({ page }) => page as number),
      kill: server.kill,
      restart: server.restart,
      stop: server.stop,
    }
  },
}

export const storeFixtures: readonly StoreFixture[] = [mongoFixture, postgresFixture, redisFixture]
