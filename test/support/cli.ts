import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const bin = resolve(import.meta.dirname, '../../bin/skein.mjs')

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs. */
export interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  /** What standard error has said so far. */
  said(): string
  /** Resolves when standard error has said it. Rejects when the command ends without. */
  says(text: string): Promise<void>
  /** Waits for what should happen while the command runs. Rejects when the command ends before. */
  until(event: Promise<unknown>): Promise<void>
}

/** A folder with files in it, and the command line in that folder. */
export class Folder {
  readonly path: string

  /** @param path a folder that is there; a new temporary one by default */
  constructor(files: Readonly<Record<string, string>> = {}, path: string = mkdtempSync(join(tmpdir(), 'skein-cli-'))) {
    this.path = path
    for (const [name, text] of Object.entries(files)) this.write(name, text)
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.path, name)), { recursive: true })
    writeFileSync(join(this.path, name), text)
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8')
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  /** A folder in this one. */
  in(name: string): Folder {
    return new Folder({}, join(this.path, name))
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    // nothing that happens to be set here may decide a test
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(SKEIN_|NO_COLOR|FORCE_COLOR|NODE_OPTIONS|CI$)/.test(name)),
    )
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: this.path,
      env: { ...clean, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    const waiting = new Set<{ text: string; resolve: () => void }>()
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      for (const wait of waiting) if (stderr.includes(wait.text)) wait.resolve()
    })
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, stdout, stderr }))
    })
    const until = async (event: Promise<unknown>): Promise<void> => {
      const early = ended.then(({ stderr: all }) => Promise.reject(new Error(`the command ended early:\n${all}`)))
      await Promise.race([event, early])
    }
    const says = async (text: string): Promise<void> => {
      if (!stderr.includes(text)) await until(new Promise<void>((resolve) => waiting.add({ text, resolve })))
    }
    return { process: child, ended, said: () => stderr, until, says }
  }

  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
    return this.start(args, env).ended
  }
}

/** A site on loopback that remembers what it was asked for. */
export interface Site extends AsyncDisposable {
  readonly url: string
  readonly asked: string[]
  /** Resolves when that path has been asked for. */
  wasAsked(path: string): Promise<void>
}

/** Serves `answer`; robots.txt is answered with 404. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Site> {
  const asked: string[] = []
  const waiting: { path: string; resolve: () => void }[] = []
  const server = createServer((request, response) => {
    const path = request.url!
    if (path === '/robots.txt') {
      response.writeHead(404).end()
      return
    }
    asked.push(path)
    for (const wait of waiting) if (wait.path === path) wait.resolve()
    response.setHeader('Content-Type', 'text/html')
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    wasAsked: (path) => (asked.includes(path) ? Promise.resolve() : new Promise((resolve) => waiting.push({ path, resolve }))),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
