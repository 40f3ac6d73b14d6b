import type { Sharp, SharpConstructor } from 'sharp'
import { Budget } from '../../util/budget.ts'
import { imageFormat } from './image-format.ts'
import { MediaFailure } from './media-failure.ts'
import type { Developed } from './media-kind.ts'

/** What is made of an image. */
export interface Development {
  readonly thumbnails: Readonly<Record<string, readonly [width: number, height: number]>>
  readonly minWidth: number
  readonly minHeight: number
  readonly maxPixels: number
  readonly format: 'jpeg' | 'png' | 'webp' | 'original'
  readonly quality: number
  readonly svg: boolean
}

/** Seconds that an image may take. */
const TIMEOUT = 60

/** Makes images what they are to be: upright, in one format, with thumbnails. */
export class ImageDeveloper {
  readonly #sharp: SharpConstructor
  readonly #to: Development
  /** Pixels of images that are being decoded: a large one is decoded alone. */
  readonly #pixels: Budget

  constructor(library: SharpConstructor, to: Development) {
    this.#sharp = library
    this.#to = to
    this.#pixels = new Budget(to.maxPixels)
    // there are many images and no two are the same: nothing is to be kept of one, and each has one thread
    library.cache(false)
    library.concurrency(1)
  }

  /** Throws MediaFailure for what is no image, or none that is wanted. `shown` is what it is called in messages. */
  async develop(body: Uint8Array, shown: string): Promise<Developed> {
    const pixels = await this.#look(body, shown)
    await this.#pixels.take(pixels)
    try {
      return await this.#make(body)
    } catch (cause) {
      throw new MediaFailure('ERR_MEDIA_IMAGE', `${shown} is a broken image: ${(cause as Error).message}`, { cause })
    } finally {
      this.#pixels.free(pixels)
    }
  }

  /** How many pixels it has. Reads no more than the head of the image. */
  async #look(body: Uint8Array, shown: string): Promise<number> {
    const { svg, maxPixels, minWidth, minHeight } = this.#to
    const found = imageFormat(body)
    if (found === undefined)
      throw new MediaFailure('ERR_MEDIA_IMAGE', `${shown} is no image. Expected JPEG, PNG, GIF, WebP, AVIF or TIFF`)
    if (found === 'svg' && !svg)
      throw new MediaFailure('ERR_MEDIA_IMAGE', `${shown} is an SVG, which is a document and may be anything; svg: true takes it`)
    const { width, height, orientation = 1 } = await this.#metadata(body, shown)
    if (width * height > maxPixels)
      throw new MediaFailure('ERR_MEDIA_PIXELS', `${shown} has ${width} × ${height} pixels, more than maxPixels: ${maxPixels}`)
    // lying on its side
    const [across, down] = orientation >= 5 ? [height, width] : [width, height]
    if (across < minWidth || down < minHeight)
      throw new MediaFailure('ERR_MEDIA_SMALL', `${shown} has ${across} × ${down} pixels, fewer than ${minWidth} × ${minHeight}`)
    return width * height
  }

  async #metadata(body: Uint8Array, shown: string): Promise<{ width: number; height: number; orientation?: number | undefined }> {
    try {
      return await this.#sharp(body, { limitInputPixels: false }).metadata()
    } catch (cause) {
      throw new MediaFailure('ERR_MEDIA_IMAGE', `${shown} is no image: ${(cause as Error).message}`, { cause })
    }
  }

  async #make(body: Uint8Array): Promise<Developed> {
    const { thumbnails, format } = this.#to
    const target = format === 'original' ? 'jpeg' : format
    const contentType = `image/${target}`
    // first, and alone: when it fails, no thumbnail was made
    const full = format === 'original' ? await this.#checked(body) : await this.#encoded(this.#open(body))
    const extras: Developed['extras'][number][] = []
    for (const [name, [width, height]] of Object.entries(thumbnails)) {
      const small = this.#open(body).resize(width, height, { fit: 'inside', withoutEnlargement: true })
      extras.push({ pathOf: (path) => thumbnailPath(path, name, format), body: await this.#encoded(small), contentType })
    }
    return { body: full, contentType: format === 'original' ? contentTypeOf(body) : contentType, extras }
  }

  /** Upright. Of an animation the first picture. */
  #open(body: Uint8Array): Sharp {
    const { maxPixels } = this.#to
    const image = this.#sharp(body, { limitInputPixels: maxPixels, failOn: 'error', sequentialRead: true })
    return image.timeout({ seconds: TIMEOUT }).rotate()
  }

  async #encoded(image: Sharp): Promise<Buffer> {
    const { format, quality } = this.#to
    const coloured = image.toColourspace('srgb')
    if (format === 'png') return coloured.png().toBuffer()
    if (format === 'webp') return coloured.webp({ quality }).toBuffer()
    // JPEG has no transparency: white behind it, as Scrapy has it
    const opaque = coloured.flatten({ background: '#ffffff' })
    // optimised coding holds a whole image of coefficients: twice the memory and three times the time, for a few per cent
    return opaque.jpeg({ quality, optimiseCoding: false }).toBuffer()
  }

  /** The same bytes, when all of them could be decoded. */
  async #checked(body: Uint8Array): Promise<Uint8Array> {
    await this.#open(body).resize(8, 8, { fit: 'fill', kernel: 'nearest', fastShrinkOnLoad: false }).raw().toBuffer()
    return body
  }
}

/** `thumbs/small/0a1b.jpg` of `full/0a1b.jpg`. */
export function thumbnailPath(path: string, name: string, format: Development['format']): string {
  const extension = format === 'jpeg' || format === 'original' ? '.jpg' : `.${format}`
  return `thumbs/${name}/${path.replace(/^full\//, '').replace(/(?:\.[a-z\d]{1,8})?$/i, extension)}`
}

function contentTypeOf(body: Uint8Array): string {
  const format = imageFormat(body)
  return format === 'svg' ? 'image/svg+xml' : `image/${format}`
}
