import { randomBytes } from 'node:crypto'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import type { Client } from 'basic-ftp'
import { SkeinError, UsageError } from '../../errors.ts'
import { importPeer } from '../../util/import-peer.ts'
import type { FeedTarget } from '../contract.ts'

/** Milliseconds that the server may be silent. */
const SILENCE = 60_000

/** How a server is reached. */
interface FtpAccess {
  readonly host: string
  readonly port: number
  readonly user?: string
  readonly password?: string
}

/**
 * Files on an FTP server, each sent under another name and renamed when it is whole. A connection is made for each, since servers close
 * those that are silent for minutes.
 */
export class FtpTarget implements FeedTarget {
  readonly #access: FtpAccess
  readonly #newClient: () => Client

  private constructor(access: FtpAccess, newClient: () => Client) {
    this.#access = access
    this.#newClient = newClient
  }

  /**
   * @param server `ftp://user:password@host:port`
   * @throws UsageError `ERR_FEED_URI`, `ERR_PEER_MISSING`
   */
  static async open(server: string): Promise<FtpTarget> {
    const access = accessOf(server)
    const { Client } = await importPeer('basic-ftp', () => import('basic-ftp'), 'a feed on an FTP server')
    return new FtpTarget(access, () => new Client(SILENCE))
  }

  uriOf(path: string): string {
    const { host, port } = this.#access
    return `ftp://${host}${port === 21 ? '' : `:${port}`}${path}`
  }

  identitiesOf(path: string): readonly string[] {
    return [`${this.#access.user ?? ''} ${this.uriOf(path)}`]
  }

  async check(path: string): Promise<void> {
    await this.#connected(path, async (client) => {
      // a name that nobody else uses: the file may be on its way, sent by another process
      const probe = `${path}.${randomBytes(6).toString('hex')}`
      await client.ensureDir(posix.dirname(path))
      await client.uploadFrom(Readable.from([]), `${probe}.part`)
      await client.rename(`${probe}.part`, probe)
      await client.remove(probe)
    })
  }

  async exists(path: string): Promise<boolean> {
    return this.#connected(path, async (client) => {
      try {
        await client.size(path)
        return true
      } catch (error) {
        // 550: there is no such file
        if ((error as { code?: unknown }).code === 550) return false
        throw error
      }
    })
  }

  async put(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#connected(path, async (client) => {
      const beside = `${path}.part`
      await client.ensureDir(posix.dirname(path))
      await client.uploadFrom(Readable.from(pieces, { objectMode: false }), beside)
      // some servers do not rename over a file; what is there goes only if what takes its place is there too
      await client.rename(beside, path).catch(async () => {
        await client.size(beside)
        await client.remove(path, true)
        await client.rename(beside, path)
      })
    })
  }

  async close(): Promise<void> {}

  async #connected<T>(path: string, action: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#newClient()
    try {
      await client.access(this.#access)
      return await action(client)
    } catch (cause) {
      if (cause instanceof SkeinError) throw cause
      throw new SkeinError('ERR_FEED_FTP', `the feed ${this.uriOf(path)} could not be written: ${advice(cause)}`, {
        cause: this.#quiet(cause),
      })
    } finally {
      client.close()
    }
  }

  /** What a server says may repeat what it was told. */
  #quiet(cause: unknown): Error {
    const { password } = this.#access
    const { message } = cause as Error
    return new Error(password === undefined || password === '' ? message : message.replaceAll(password, '***'))
  }
}

function accessOf(server: string): FtpAccess {
  const [, userinfo, host, port] = /^ftp:\/\/(?:(.*)@)?(\[[^\]]+\]|[^:@/]+)(?::(\d+))?$/i.exec(server) ?? []
  if (host === undefined) {
    const shown = server.replace(/\/\/.*@/, '//')
    throw new UsageError(
      'ERR_FEED_URI',
      `the feed on "${shown}" names no server. Expected ftp://user:password@host/folder/items.jsonl`,
    )
  }
  const [user, password] = userinfo === undefined ? [] : userinfo.split(/:(.*)/s).map(decoded)
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? 21 : Number(port),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function advice(cause: unknown): string {
  const { code, message } = cause as { code?: unknown; message: string }
  switch (code) {
    case 530:
      return 'the server refuses the user or the password (530). Write them as ftp://user:password@host/…, special characters as %XX'
    case 550:
    case 553:
      return `the server does not let this user write there (${code}). Choose another folder, or have the right given`
    case 552:
    case 452:
      return `no space left on the server (${code})`
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'ETIMEDOUT':
      return `the server cannot be reached (${code})`
    default:
      return typeof code === 'number' ? `the server answered ${code}` : message
  }
}
