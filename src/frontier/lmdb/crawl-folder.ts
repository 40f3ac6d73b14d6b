import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../errors.ts'
import { makeFolder } from '../../util/make-folder.ts'

/** Version of the tables and what is in them. */
const FORMAT = 2
/** What says that a folder is a crawl of ours, and whose. */
const LABEL = 'skein-crawl.json'
const DATA = 'data.mdb'
/** What a file of LMDB begins with, behind the head of its first page. */
const MAGIC = 0xbeefc0de
const MAGIC_AT = 24

/** File systems of other machines, by their type in Linux' statfs: what one machine writes into a map of theirs another does not see. */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x65735546, 'FUSE (sshfs and the like)'],
  [0x786f4256, 'a shared folder of VirtualBox'],
])

/** What a folder's label says. */
interface Label {
  readonly format: number
  readonly spider: string
}

/**
 * Makes a folder the one of a spider's crawl, or finds that it is. Throws `ERR_JOB_DIR` for one that cannot be, `ERR_JOB_SPIDER` for one of another
 * spider, `ERR_CRAWL_FORMAT` for one of another version.
 *
 * @returns the file system, where it is one of another machine, on which a crawl is not safe
 */
export function claimFolder(folder: string, spider: string): string | undefined {
  let files: string[]
  try {
    makeFolder(folder)
    files = readdirSync(folder)
    if (!files.includes(LABEL)) label(folder, files, spider)
    for (const file of ['', ...files]) accessSync(join(folder, file), constants.R_OK | constants.W_OK)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError('ERR_JOB_DIR', `The crawl cannot be kept in ${folder}: ${problemOf(error)}.`, { cause: error })
  }
  const { format, spider: owner } = readLabel(folder)
  if (format !== FORMAT) {
    throw new UsageError(
      'ERR_CRAWL_FORMAT',
      `The crawl in ${folder} was written by a version of skein that keeps it in another way (${format}, here it is ${FORMAT}). Finish it with that version, or choose another folder.`,
    )
  }
  if (owner !== spider) {
    throw new UsageError(
      'ERR_JOB_SPIDER',
      `The folder ${folder} holds a crawl of the spider ${owner}, and this is ${spider}: expected a folder of its own. Choose another one, or name it by the spider: \`jobDir: 'crawls/%(name)s'\`.`,
    )
  }
  // LMDB takes whatever is in its file for a tree, and follows it
  if (!isData(join(folder, DATA)))
    throw new UsageError('ERR_JOB_DAMAGED', `The file ${join(folder, DATA)} is no database: ${BEGIN_ANEW}.`)
  return process.platform === 'linux' ? REMOTE.get(statfsSync(folder).type >>> 0) : undefined
}

const BEGIN_ANEW = 'something else wrote it, or the machine lost power meanwhile. Delete the folder to begin anew'

function label(folder: string, files: readonly string[], spider: string): void {
  const others = files.filter((file) => !file.startsWith(LABEL))
  if (others.length > 0) {
    const scrapy = others.includes('requests.queue') || others.includes('requests.seen')
    throw new UsageError(
      'ERR_JOB_DIR',
      `The folder ${folder} is not a crawl of skein: ${
        scrapy
          ? "it is a JOBDIR of Scrapy, which holds Python's pickles"
          : `there are other files in it (${others.slice(0, 3).join(', ')})`
      }. Expected an empty folder, or one that is yet to be made.`,
    )
  }
  // others may be about to do the same
  const draft = join(folder, `${LABEL}.${process.pid}`)
  // on the disk before the crawl is: without it nobody would know whose that is
  writeFileSync(draft, `${JSON.stringify({ format: FORMAT, spider } satisfies Label)}\n`, { flush: true })
  renameSync(draft, join(folder, LABEL))
}

function readLabel(folder: string): Label {
  const path = join(folder, LABEL)
  try {
    const { format, spider } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Label>
    if (typeof format === 'number' && typeof spider === 'string') return { format, spider }
  } catch (error) {
    if (!(error instanceof SyntaxError))
      throw new UsageError('ERR_JOB_DIR', `The file ${path} cannot be read: ${problemOf(error)}.`, { cause: error })
  }
  throw new UsageError('ERR_JOB_DAMAGED', `The file ${path} does not say whose crawl this is: ${BEGIN_ANEW}.`)
}

/** Whether a file is LMDB's. One that is empty or missing may become it. */
function isData(path: string): boolean {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
  try {
    const head = Buffer.alloc(MAGIC_AT + 4)
    const size = readSync(file, head, 0, head.length, 0)
    return size === 0 || [head.readUInt32LE(MAGIC_AT), head.readUInt32BE(MAGIC_AT)].includes(MAGIC)
  } finally {
    closeSync(file)
  }
}

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'writing there is not allowed'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'there is a file in its way'
    case 'ENOENT':
      return 'it cannot be made there'
    case 'ENOSPC':
      return 'the disk is full'
    case 'ENAMETOOLONG':
      return 'its name is too long'
    default:
      return message
  }
}
