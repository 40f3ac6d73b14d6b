import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { DownloadError } from '../../errors.ts'
import { createResponse } from '../../http/create-response.ts'
import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import type { DownloaderContext, DownloadHandler } from '../contract.ts'
import { shownUrl } from '../url-parts.ts'

/** Bytes read at once where a file does not say how large it is, as those in /proc do not. */
const CHUNK = 64 * 1024
/** Opening a FIFO would wait for somebody who writes into it, opening a terminal could make it this process's own. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it may not be read by this user',
  EPERM: 'it may not be read by this user',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
}

/**
 * Reads `file:` URLs: regular files of this machine, as large as `maxResponseSize` (the request's `maxSize`) allows. The class of the response
 * is that of the file's name, or of what it begins with; query and fragment say nothing.
 *
 * Fails with `ERR_FILE` for a file that is not there, may not be read or is none (a directory, a device, a FIFO), for a host other than
 * `localhost`, and for a path that is none; with `ERR_TOO_LARGE`. None of them is tried again.
 */
export function createFileHandler({ settings }: Pick<DownloaderContext, 'settings'>): DownloadHandler {
  return {
    async download(request) {
      const path = pathOf(request)
      const limit = request.options.maxSize ?? settings.maxResponseSize
      const body = await read(request, path, limit === 0 ? Number.POSITIVE_INFINITY : limit)
      return responseOf(request, path, body)
    },
    close: () => Promise.resolve(),
  }
}

function pathOf(request: Request): string {
  try {
    // it undoes percent-encoding as UTF-8, and refuses other hosts and a slash in disguise
    return fileURLToPath(new URL(request.url))
  } catch (cause) {
    throw failed(request, "expected file:///path or file://localhost/path, percent-encoded as UTF-8, and no '/' encoded", cause)
  }
}

/** The name says what it is, and stands in the URL in a form that may hide it. */
function responseOf(request: Request, path: string, body: Buffer): Response {
  const named = pathToFileURL(path).href
  const response = createResponse({ url: named, body, request })
  return named === request.url ? response : response.replace({ url: request.url })
}

async function read(request: Request, path: string, limit: number): Promise<Buffer> {
  let file: FileHandle | undefined
  try {
    // to open a device may set it going
    check(request, await stat(path), limit)
    file = await open(path, FLAGS)
    const status = await file.stat()
    check(request, status, limit)
    return await readAll(request, file, status.size, limit)
  } catch (error) {
    if (error instanceof DownloadError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? ''
    throw failed(request, WHY[code] ?? `it could not be read (${code || String(error)})`, error)
  } finally {
    await file?.close()
  }
}

function check(request: Request, status: Stats, limit: number): void {
  if (!status.isFile()) throw failed(request, `it is ${kindOf(status)}; expected a regular file`)
  if (status.size > limit) throw tooLarge(request, limit)
}

/** A file may grow while it is read, or say that it is empty when it is not: what counts is what comes. */
async function readAll(request: Request, file: FileHandle, size: number, limit: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for (;;) {
    const part = Buffer.allocUnsafe(size > length ? size - length : CHUNK)
    const { bytesRead } = await file.read(part, 0, part.length, null)
    if (bytesRead === 0) return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length)
    length += bytesRead
    if (length > limit) throw tooLarge(request, limit)
    parts.push(part.subarray(0, bytesRead))
  }
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a directory'
  if (status.isFIFO()) return 'a FIFO'
  if (status.isSocket()) return 'a socket'
  return 'a device'
}

function failed(request: Request, why: string, cause?: unknown): DownloadError {
  return new DownloadError('ERR_FILE', `${shownUrl(request.url)}: ${why}`, { cause })
}

function tooLarge(request: Request, limit: number): DownloadError {
  return new DownloadError(
    'ERR_TOO_LARGE',
    `${shownUrl(request.url)}: larger than ${limit} bytes; raise maxResponseSize, or the maxSize of the request, if that is right`,
  )
}
