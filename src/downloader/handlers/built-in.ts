import type { DownloadHandlerFactory } from '../contract.ts'

const http: DownloadHandlerFactory = async (context) => {
  const { createHttpHandler } = await import('./http.ts')
  return createHttpHandler(context)
}

/** The schemes that skein speaks itself. Each handler is loaded when a URL of its scheme is met first. */
export const builtInHandlers: ReadonlyMap<string, DownloadHandlerFactory> = new Map([
  ['http', http],
  ['https', http],
])
