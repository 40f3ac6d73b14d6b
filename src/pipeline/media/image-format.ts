/** Kinds of images that are taken. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'avif' | 'tiff' | 'svg'

const START: Readonly<Record<Exclude<ImageFormat, 'svg'>, RegExp>> = {
  jpeg: /^\xff\xd8\xff/,
  png: /^\x89PNG\r\n\x1a\n/,
  gif: /^GIF8[79]a/,
  webp: /^RIFF....WEBP/s,
  avif: /^....ftypavi[fs]/s,
  tiff: /^(?:II\*\0|MM\0\*)/,
}

/**
 * What an image is by its first bytes, whatever its name and its type say; undefined for anything else. Decoders are asked for these only: the
 * library may have been built with others (PDF, ImageMagick) that are not made for what the web sends.
 */
export function imageFormat(body: Uint8Array): ImageFormat | undefined {
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 1024)).toString('latin1')
  for (const [format, pattern] of Object.entries(START)) if (pattern.test(start)) return format as ImageFormat
  return /^(?:\xef\xbb\xbf)?\s*<(?:svg[\s>]|(?:\?xml|!--|!DOCTYPE)[\s\S]*?<svg[\s>])/i.test(start) ? 'svg' : undefined
}
