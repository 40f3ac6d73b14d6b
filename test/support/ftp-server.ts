import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real FTP server on loopback (pyftpdlib) with the user `me`, whose password is `s3cr:t@`. */
export interface FtpServer {
  /** With user and password. */
  readonly url: string
  readonly port: number
  /** What the user sees as `/`. */
  readonly folder: string
  close(): Promise<void>
}

const PROGRAM = `
import logging, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
folder, permissions = sys.argv[1:3]
authorizer = DummyAuthorizer()
authorizer.add_user('me', 's3cr:t@', folder, perm=permissions)
FTPHandler.authorizer = authorizer
logging.disable(logging.CRITICAL)
server = FTPServer(('127.0.0.1', 0), FTPHandler)
print(server.socket.getsockname()[1], flush=True)
server.serve_forever()
`

/** Starts one. `permissions` are letters of pyftpdlib: without `w` nothing can be stored. */
export async function startFtpServer(permissions = 'elradfmwMT'): Promise<FtpServer> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-ftp-'))
  // that of the distribution, which has the package, whatever other Python comes first
  const child = spawn('/usr/bin/python3', ['-c', PROGRAM, folder, permissions], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout, 'data'), exit])) as [unknown]
  const port = Number(line)
  if (!(port > 0)) throw new Error('the FTP server did not start; is python3-pyftpdlib installed?')
  return {
    url: `ftp://me:s3cr%3At%40@127.0.0.1:${port}`,
    port,
    folder,
    async close() {
      child.kill('SIGKILL')
      await exit
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
