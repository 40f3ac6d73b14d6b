import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'

/** What a test may have the server do in place of its work: nothing for a request that it leaves alone. */
export type S3Fault = (request: IncomingMessage, response: ServerResponse) => boolean

/** A real S3 server on loopback, with one bucket, `media`. It knows one key, S3RVER with the secret S3RVER; others are answered with 403. */
export interface S3Server {
  readonly endpoint: string
  /** Options of a store that may write to it. */
  readonly options: {
    readonly endpoint: string
    readonly region: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
  /** Method and path with query of every request, in order. */
  readonly log: string[]
  /** Set: asked before each request; true when it has answered. */
  fault: S3Fault | undefined
  /** Bytes of an object; undefined where there is none. */
  object(key: string): Promise<Buffer | undefined>
  /** Keys of all objects. */
  keys(): Promise<string[]>
  /** Uploads in parts that are neither finished nor aborted. */
  uploads(): Promise<string[]>
  close(): Promise<void>
}

/** An answer of S3 that says no. */
export function refuse(response: ServerResponse, status: number, code: string): true {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`)
  return true
}

/** Starts one. */
export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-s3-'))
  const bucket = join(directory, 'media')
  const uploads = join(bucket, '._S3rver_uploads')
  const s3rver = new S3rver({ directory, silent: true, vhostBuckets: false, configureBuckets: [{ name: 'media' }] })
  await s3rver.configureBuckets()
  const answer = s3rver.callback()
  const log: string[] = []
  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url}`)
    if (state.fault?.(request, response)) return
    const id = /[?&]uploadId=(\w+)/.exec(request.url!)?.[1]
    if (request.method !== 'DELETE' || id === undefined) return answer(request, response)
    // which S3rver lacks
    rm(join(uploads, id), { recursive: true, force: true }).then(() => response.writeHead(204).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const state: S3Server = {
    endpoint,
    options: { endpoint, region: 'us-east-1', accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    log,
    fault: undefined,
    object: (key) => readFile(join(bucket, `${key}._S3rver_object`)).catch(() => undefined),
    async keys() {
      const files = await readdir(bucket, { recursive: true })
      return files.filter((file) => file.endsWith('._S3rver_object')).map((file) => file.slice(0, -'._S3rver_object'.length))
    },
    uploads: () => readdir(uploads).catch(() => []),
    async close() {
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
      s3rver.logger.exceptions.unhandle()
      s3rver.logger.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return state
}
