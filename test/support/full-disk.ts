import type * as nodeFs from 'node:fs'

/**
 * What stands in for a disk that runs full: no file whose name ends so grows beyond the capacity. A write is cut short first, and then
 * fails. A test has it with `vi.mock('node:fs', withDisk)`.
 */
export const disk: { capacity: number; ending: string } = { capacity: Number.POSITIVE_INFINITY, ending: '' }

/** The module `node:fs` on that disk. */
export async function withDisk(importOriginal: () => Promise<unknown>): Promise<typeof nodeFs> {
  const fs = (await importOriginal()) as typeof nodeFs
  const names = new Map<number, string>()

  function openSync(path: nodeFs.PathLike, ...rest: [nodeFs.OpenMode, nodeFs.Mode?]): number {
    const fd = fs.openSync(path, ...rest)
    names.set(fd, `${path}`)
    return fd
  }

  function writeSync(fd: number, bytes: Uint8Array, offset: number, length: number, position: number | null): number {
    const bounded = disk.capacity !== Number.POSITIVE_INFINITY && names.get(fd)?.endsWith(disk.ending) === true
    const room = bounded ? disk.capacity - (position ?? fs.fstatSync(fd).size) : length
    if (room <= 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    return fs.writeSync(fd, bytes, offset, Math.min(length, room), position)
  }

  return { ...fs, openSync, writeSync } as typeof nodeFs
}
