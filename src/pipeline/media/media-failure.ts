import { SkeinError } from '../../errors.ts'

/** Why a file was not what was wanted. */
export type MediaFailureCode =
  | 'ERR_MEDIA_URL'
  | 'ERR_MEDIA_STATUS'
  | 'ERR_MEDIA_EMPTY'
  | 'ERR_MEDIA_IMAGE'
  | 'ERR_MEDIA_PIXELS'
  | 'ERR_MEDIA_SMALL'

/**
 * A file of an item that is not to be had. `ERR_MEDIA_URL` no URL, or one that must not be read · `ERR_MEDIA_STATUS` the server said no ·
 * `ERR_MEDIA_EMPTY` nothing in it · `ERR_MEDIA_IMAGE` no image, or a broken one · `ERR_MEDIA_PIXELS` too many pixels · `ERR_MEDIA_SMALL`
 * smaller than wanted.
 */
export class MediaFailure extends SkeinError {
  // only to narrow the code
  constructor(code: MediaFailureCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
