import { createHash } from 'node:crypto'
import { StorageError } from './storage-error.ts'

/** What one part of a path may have, in bytes, on every file system in use. */
const MAX_PART = 255
/** What a whole key may have, in bytes, on S3. */
const MAX_KEY = 1024
/** Names that Windows keeps for devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i
/** What Windows does not take, and what no terminal should print. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f<>:"|?*\\\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/**
 * Refuses a key that could lead out of the store, or name nothing in it: absolute, with `.` or `..` or an empty part, with NUL or a
 * backslash.
 *
 * @throws StorageError `ERR_STORAGE_KEY`
 */
export function checkKey(key: string, store: string): void {
  const problem = problemOf(key)
  if (problem === undefined) return
  const shown = JSON.stringify(key.length > 80 ? `${key.slice(0, 77)}...` : key)
  throw new StorageError(
    'ERR_STORAGE_KEY',
    `${shown} cannot be the name of an object in ${store}: ${problem}. Use relative names with / between their parts, as in full/a.jpg`,
  )
}

function problemOf(key: string): string | undefined {
  if (key === '') return 'it is empty'
  if (key.includes('\0')) return 'it has a NUL character'
  if (key.includes('\\')) return 'it has a backslash'
  if (key.startsWith('/') || /^[a-z]:\//i.test(key)) return 'it is absolute'
  for (const part of key.split('/')) {
    if (part === '') return 'a part of it is empty'
    if (part === '.' || part === '..') return `it has the part ${part}`
  }
  return undefined
}

/**
 * A key whose parts are file names on Linux, macOS and Windows: characters that one of them refuses become `_`, names of devices and dots
 * at the end too, and what is too long is cut. What was changed gets a hash of what it was, so that two names stay two. The same for the
 * same, always, and a key that came from here stays as it is.
 *
 * @example
 * portableKey('full/con.jpg') // 'full/_con~6f1b0a11.jpg'
 */
export function portableKey(key: string): string {
  return key.split('/').map(portablePart).join('/')
}

/** A key of no more bytes than S3 takes. */
export function shortKey(key: string): string {
  return Buffer.byteLength(key) <= MAX_KEY ? key : cut(key, MAX_KEY, hashOf(key))
}

function portablePart(part: string): string {
  const fits = part
    .toWellFormed()
    // macOS takes é in one and in two characters for one name
    .normalize('NFC')
    .replace(UNSAFE, '_')
    .replace(/[. ]$/, '_')
    .replace(DEVICE, (name) => `_${name}`)
  if (fits === part && Buffer.byteLength(part) <= MAX_PART) return part
  return cut(fits, MAX_PART, hashOf(part))
}

/** Puts the hash before the extension, and takes what is too much from before it; never half a character. */
function cut(name: string, max: number, hash: string): string {
  const extension = /\.[a-z\d]{1,10}$/i.exec(name)?.[0] ?? ''
  const end = `~${hash}${extension}`
  const kept = Buffer.from(name.slice(0, name.length - extension.length)).subarray(0, max - end.length)
  // bytes of a character that was cut in two
  return kept.toString().replace(/\ufffd+$/, '') + end
}

function hashOf(text: string): string {
  return createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex').slice(0, 16)
}
