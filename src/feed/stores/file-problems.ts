/** What to do about a file that cannot be opened to be written. */
export function openProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied. Choose another place, or give yourself the right to write there'
    case 'EISDIR':
      return 'it is a directory. Name a file in it'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of its path is a file, not a directory'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENAMETOOLONG':
      return 'its name is too long'
    default:
      return message
  }
}

/** What to do about a file that could not be written. */
export function writeProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space left (${code}). Free some and crawl again: pages whose items are not in the feed are not counted as done`
    case 'EPIPE':
      return 'its reader has gone (EPIPE)'
    default:
      return message
  }
}
