import { importPeer } from '../../util/import-peer.ts'
import type { Item, Pipeline } from '../contract.ts'
import { type Development, ImageDeveloper, thumbnailPath } from './develop-image.ts'
import type { MediaKind } from './media-kind.ts'
import { urlExtension } from './media-names.ts'
import { checkMediaOptions, type MediaOptions, type OptionCheck, oneOf, whole } from './media-options.ts'
import { MediaPipeline } from './media-pipeline.ts'
import { shownRequest } from './media-requests.ts'

/** Options of `images`, beside those of {@link files}. */
export interface ImageOptions<In extends Item = Item> extends MediaOptions<In> {
  /**
   * Smaller copies that are stored as well, at `thumbs/<name>/…`: they fit into so many pixels and keep their proportions. What is smaller already is not
   * enlarged. Of what is in the store already, a size is made at the next crawl when it is added as the last of them: only for the last is it looked
   * whether it is there. The image is fetched again for it. @default none
   *
   * @example { small: [50, 50], big: [270, 270] }
   */
  readonly thumbnails?: Readonly<Record<string, readonly [width: number, height: number]>>
  /** Images less wide are left out. Pixels. @default 0 */
  readonly minWidth?: number
  /** Images less high are left out. Pixels. @default 0 */
  readonly minHeight?: number
  /** Images of more pixels (width times height) are refused before they are decoded, which takes up to 10 bytes a pixel. @default 50_000_000 */
  readonly maxPixels?: number
  /** What images are made; `original` keeps the bytes that came, once they could be decoded. @default 'jpeg' */
  readonly format?: 'jpeg' | 'png' | 'webp' | 'original'
  /** Of JPEG and WebP, 1 to 100. @default 80 */
  readonly quality?: number
  /** Take SVG too, and draw it. Of sites you trust: a few kB whose `<use>` refer to each other can keep a core busy for hours. @default false */
  readonly svg?: boolean
}

const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= 16_383

const CHECKS: Readonly<Record<Exclude<keyof ImageOptions, keyof MediaOptions>, OptionCheck>> = {
  thumbnails: [
    'an object of names (letters, digits, _ and -) and sizes, as in { small: [50, 50] }',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.entries(value).every(
        ([name, size]: [string, unknown]) =>
          /^[\w-]+$/.test(name) && Array.isArray(size) && size.length === 2 && size.every(isSize),
      ),
  ],
  minWidth: whole(0),
  minHeight: whole(0),
  maxPixels: whole(1),
  format: oneOf('jpeg', 'png', 'webp', 'original'),
  quality: [
    'a whole number from 1 to 100',
    (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 100,
  ],
  svg: ['true or false', (value) => typeof value === 'boolean'],
}

/**
 * As {@link files}, for images: each is decoded, turned upright as its EXIF says, made a JPEG (white behind what is transparent, of an animation the first
 * picture), and stored with thumbnails, without metadata. What is no image, whatever its name and type say, is broken, too small or too large, is a
 * file that is not to be had. Needs the package sharp.
 *
 * @throws UsageError `ERR_MEDIA_OPTION`; at the start of the crawl `ERR_PEER_MISSING`, `ERR_STORAGE_…`
 *
 * @example
 * images({ store: 's3://shop-images', thumbnails: { small: [50, 50] }, minWidth: 100 })
 * // { image_urls: ['/a.png'] } → { image_urls: ['/a.png'], images: [{ url: 'https://…/a.png', path: 'full/0a1b….jpg', … }] }
 */
export function images<In extends Item = Item>(options: ImageOptions<In>): Pipeline<In> {
  checkMediaOptions('images', options as MediaOptions, CHECKS)
  const {
    thumbnails = {},
    minWidth = 0,
    minHeight = 0,
    maxPixels = 50_000_000,
    format = 'jpeg',
    quality = 80,
    svg = false,
    ...media
  } = options
  return new MediaPipeline<In>(new Images({ thumbnails, minWidth, minHeight, maxPixels, format, quality, svg }), media)
}

class Images implements MediaKind {
  readonly name = 'images'
  readonly urlsField = 'image_urls'
  readonly resultField = 'images'
  readonly #to: Development
  #developer: ImageDeveloper | undefined

  constructor(to: Development) {
    this.#to = to
  }

  extensionOf({ url }: { readonly url: string }): string {
    const { format } = this.#to
    return format === 'original' ? urlExtension(url) : format === 'jpeg' ? '.jpg' : `.${format}`
  }

  lastExtra(path: string): string | undefined {
    const { thumbnails, format } = this.#to
    const last = Object.keys(thumbnails).at(-1)
    return last === undefined ? undefined : thumbnailPath(path, last, format)
  }

  async open(): Promise<void> {
    const { default: sharp } = await importPeer('sharp', () => import('sharp'), 'the images pipeline')
    this.#developer = new ImageDeveloper(sharp, this.#to)
  }

  develop: MediaKind['develop'] = ({ body, request }) => this.#developer!.develop(body, shownRequest(request))
}
