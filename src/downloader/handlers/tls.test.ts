import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type DownloadBench, downloadBench, failure, listen, type TestServer } from '../../../test/support/download.ts'
import { run } from '../../../test/support/run.ts'
import { authority, client, elsewhere, expired, selfSigned, site } from '../../../test/support/tls.ts'
import { Request } from '../../http/request.ts'
import { Spider } from '../../index.ts'
import type { Settings } from '../../settings/settings.ts'
import type { DownloadHandler } from '../contract.ts'
import { createHttpHandler } from './http.ts'

const opened: { close(): Promise<void> }[] = []
let folder: string
let tlsCa: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-tls-'))
  tlsCa = file('ca.crt', authority)
})

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A site that says what it knows of the connection. */
async function tlsSite(options: TlsOptions = site): Promise<TestServer> {
  const server = createServer(options, (req, res) => {
    const socket = req.socket as TLSSocket
    const { subject } = socket.getPeerCertificate()
    const servername = (socket as { servername?: string | false }).servername
    res.setHeader('connection', req.url === '/close' ? 'close' : 'keep-alive')
    res.end(
      JSON.stringify({
        version: socket.getProtocol(),
        cipher: socket.getCipher().name,
        servername,
        who: subject?.CN,
        resumed: socket.isSessionReused(),
      }),
    )
  })
  const one = await listen(server, 'https')
  opened.push(one)
  return one
}

async function handler(settings: Partial<Settings> = {}): Promise<DownloadHandler & DownloadBench> {
  const bench = downloadBench(settings)
  const made = await createHttpHandler(bench.context)
  opened.push(made)
  return Object.assign(made, bench)
}

interface Seen {
  version: string
  cipher: string
  servername: string | false
  who?: string
  resumed: boolean
}

async function seen(http: DownloadHandler, url: string): Promise<Seen> {
  return JSON.parse((await http.download(new Request(url))).body.toString()) as Seen
}

const refusal = async (url: string, settings: Partial<Settings> = {}): ReturnType<typeof failure> =>
  failure((await handler(settings)).download(new Request(url)))

describe('certificates', () => {
  it('of an authority of one’s own are trusted beside the others', async () => {
    const server = await tlsSite()
    const http = await handler({ tlsCa })
    expect((await seen(http, server.url)).servername).toBe(false)
    expect((await seen(http, `https://localhost:${server.port}/`)).servername).toBe('localhost')
    const error = await refusal(server.url)
    expect(error.code).toBe('ERR_TLS')
    expect(error.message).toContain('name the authority in tlsCa')
  })

  it('that nobody vouches for, that have run out, or are of another site are ERR_TLS, which says what to do', async () => {
    const [own, old, other] = [await tlsSite(selfSigned), await tlsSite(expired), await tlsSite(elsewhere)]
    for (const [server, settings, advice] of [
      [own, {}, 'name the authority in tlsCa, or set verifyTls to false'],
      [old, { tlsCa }, 'is not valid now; check this machine’s clock'],
      [other, { tlsCa }, 'is that of another site; check the host name'],
    ] as const) {
      const error = await refusal(`https://localhost:${server.port}/`, settings)
      expect(error.code).toBe('ERR_TLS')
      expect(error.message).toContain(advice)
      const trusting = await handler({ verifyTls: false })
      expect((await seen(trusting, `https://localhost:${server.port}/`)).version).toBe('TLSv1.3')
    }
  })

  it('are not looked for where there is no TLS', async () => {
    const plain = await listen((await import('node:http')).createServer(), 'https')
    opened.push(plain)
    const error = await refusal(plain.url)
    expect(error.code).toBe('ERR_TLS')
    expect(error.message).toContain('does not speak TLS; check the scheme and the port')
  })
})

describe('sessions', () => {
  it('are resumed by later connections', async () => {
    for (const tlsMaxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const server = await tlsSite()
      const http = await handler({ tlsCa, tlsMaxVersion })
      const url = `https://localhost:${server.port}/close`
      expect((await seen(http, url)).resumed).toBe(false)
      expect((await seen(http, url)).resumed).toBe(true)
      expect(server.connections()).toBe(2)
    }
  })
})

describe('versions and ciphers', () => {
  it('are those that the settings allow', async () => {
    const server = await tlsSite()
    expect((await seen(await handler({ tlsCa, tlsMaxVersion: 'TLSv1.2' }), server.url)).version).toBe('TLSv1.2')
    const picky = await handler({ tlsCa, tlsMaxVersion: 'TLSv1.2', tlsCiphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })
    expect((await seen(picky, server.url)).cipher).toBe('ECDHE-ECDSA-AES256-GCM-SHA384')
  })

  it('that the site does not have are ERR_TLS, which names the settings', async () => {
    const modern = await tlsSite({ ...site, minVersion: 'TLSv1.3' })
    const error = await refusal(modern.url, { tlsCa, tlsMaxVersion: 'TLSv1.2' })
    expect(error.code).toBe('ERR_TLS')
    expect(error.message).toContain('see tlsMinVersion and tlsMaxVersion')
  })

  it('may be as old as TLS 1.0 where that is asked for', async () => {
    const old = { ...site, minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
    const server = await tlsSite(old)
    const error = await refusal(server.url, { tlsCa })
    expect(error.code).toBe('ERR_TLS')
    expect(error.message).toContain('see tlsMinVersion and tlsMaxVersion')
    expect((await seen(await handler({ tlsCa, tlsMinVersion: 'TLSv1' }), server.url)).version).toBe('TLSv1')
  })
})

describe('a certificate of one’s own', () => {
  const wanting: TlsOptions = { ...site, requestCert: true, rejectUnauthorized: true, ca: authority }

  it('is shown to the host it is for, and to no other', async () => {
    const [first, second] = [await tlsSite(wanting), await tlsSite({ ...wanting, rejectUnauthorized: false })]
    const certificate = { cert: file('client.crt', client.cert), key: file('client.key', client.key) }
    const http = await handler({ tlsCa, clientCertificates: { [`localhost:${first.port}`]: certificate } })
    expect((await seen(http, `https://LOCALHOST:${first.port}/`)).who).toBe('client')
    expect((await seen(http, `https://localhost:${second.port}/`)).who).toBeUndefined()
    const all = await handler({ tlsCa, clientCertificates: { localhost: certificate } })
    expect((await seen(all, `https://localhost:${second.port}/`)).who).toBe('client')
    expect((await seen(all, `https://127.0.0.1:${second.port}/`)).who).toBeUndefined()
  })

  it('may be locked, or in PKCS #12', async () => {
    const server = await tlsSite(wanting)
    const cert = file('client.crt', client.cert)
    const { passphrase } = client
    const locked = { cert, key: file('locked.key', client.lockedKey), passphrase }
    const pfx = { pfx: file('client.p12', client.pfx), passphrase }
    for (const certificate of [locked, pfx]) {
      const http = await handler({ tlsCa, clientCertificates: { localhost: certificate } })
      expect((await seen(http, `https://localhost:${server.port}/`)).who).toBe('client')
    }
  })

  it('that is missing is ERR_TLS, which names the setting', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const server = await tlsSite({ ...wanting, maxVersion })
      const error = await refusal(`https://localhost:${server.port}/`, { tlsCa })
      expect(error.code).toBe('ERR_TLS')
      expect(error.message).toContain('clientCertificates')
    }
  })
})

describe('settings that cannot be', () => {
  const start = async (settings: Partial<Settings>): Promise<string> => {
    const error = await failure(handler(settings))
    expect(error).toMatchObject({ name: 'UsageError', code: 'ERR_TLS_SETTINGS' })
    expect(error.message).not.toContain('wrong-word')
    return error.message
  }

  it('are found before the first connection', async () => {
    const cert = file('client.crt', client.cert)
    const locked = file('locked.key', client.lockedKey)
    const pfx = file('client.p12', client.pfx)
    const forHost = (certificate: object): Partial<Settings> => ({ clientCertificates: { 'a.test': certificate } })
    expect(await start({ tlsCa: join(folder, 'none.crt') })).toMatch(/^tlsCa: the file .*none\.crt cannot be read \(ENOENT/)
    expect(await start({ tlsCa: file('text.crt', 'hello') })).toMatch(/^tlsCa: expected .*text\.crt to have certificates in PEM/)
    expect(await start({ tlsCa: file('half.crt', authority.replace(/M/g, 'N')) })).toMatch(/^tlsCa: expected /)
    expect(await start({ tlsCiphers: 'NONSENSE' })).toContain('tlsCiphers (NONSENSE) cannot be used')
    expect(await start({ tlsMinVersion: 'TLSv1.3', tlsMaxVersion: 'TLSv1.2' })).toContain('newer than tlsMaxVersion (TLSv1.2)')
    expect(await start(forHost({ cert, key: join(folder, 'none.key') }))).toMatch(
      /^clientCertificates\['a\.test'\]\.key: the file /,
    )
    expect(await start(forHost({ cert, key: file('other.key', elsewhere.key) }))).toContain(
      "clientCertificates['a.test'] cannot be used",
    )
    expect(await start(forHost({ cert, key: locked, passphrase: 'wrong-word' }))).toContain('passphrase right?')
    expect(await start(forHost({ cert, key: locked }))).toContain('passphrase right?')
    expect(await start(forHost({ pfx, passphrase: 'wrong-word' }))).toContain('passphrase right?')
  })

  it('end a crawl at its start', async () => {
    let started = 0
    class Pages extends Spider {
      override *start(): Iterable<Request> {
        started++
        yield new Request('https://localhost/')
      }
    }
    await expect(run(Pages, { tlsCa: join(folder, 'none.crt') })).rejects.toMatchObject({ code: 'ERR_TLS_SETTINGS' })
    expect(started).toBe(0)
  })
})
