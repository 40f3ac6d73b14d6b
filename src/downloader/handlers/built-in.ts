import type { DownloadHandlerFactory } from '../contract.ts'

const http: DownloadHandlerFactory = async (context) => {
  const { createHttpHandler } = await import('./http.ts')
  return createHttpHandler(context)
}

const file: DownloadHandlerFactory = async (context) => {
  const { createFileHandler } = await import('./file.ts')
  return createFileHandler(context)
}

const data: DownloadHandlerFactory = async (context) => {
  const { createDataHandler } = await import('./data.ts')
  return createDataHandler(context)
}

/** The schemes that skein speaks itself. Each handler is loaded when a URL of its scheme is met first. */
export const builtInHandlers: ReadonlyMap<string, DownloadHandlerFactory> = new Map([
  ['http', http],
  ['https', http],
  ['file', file],
  ['data', data],
])
