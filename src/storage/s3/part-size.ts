/** Parts of one size. Cloudflare R2 takes no others, and so it takes 40 GB here. */
const EQUAL = 5_000
/** Beyond, parts of one size before they double. S3 takes 10,000 parts: from 5 MiB on, they hold the 5 TiB that an object may have. */
const STEP = 450
/** S3 takes no larger part. */
const MAX = 5 * 1024 ** 3

/** Bytes of the part with this number, which begins at 1. */
export function partSize(number: number, first: number): number {
  return number <= EQUAL ? first : Math.min(first * 2 ** Math.ceil((number - EQUAL) / STEP), MAX)
}
