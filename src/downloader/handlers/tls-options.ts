import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, DEFAULT_CIPHERS, type SecureContext, type SecureContextOptions } from 'node:tls'
import { UsageError } from '../../errors.ts'
import type { ClientCertificate, TlsVersion } from '../../settings/download-settings.ts'
import type { Settings } from '../../settings/settings.ts'

/** What TLS connections of a crawl are made with. Made once; making one costs about a millisecond. */
export interface TlsContexts {
  /** With the certificate that this host is to be shown, if there is one. `host`: as in a URL, without brackets. */
  for(host: string, port: number): SecureContext
}

const VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/**
 * What the settings say about TLS, with the files they name read.
 *
 * Throws {@link UsageError} `ERR_TLS_SETTINGS` for a file that is missing, unreadable or not what it should be, a wrong passphrase, unknown ciphers, and
 * versions that exclude each other.
 */
export function loadTlsContexts(settings: Settings): TlsContexts {
  const { tlsMinVersion, tlsMaxVersion, tlsCiphers, tlsCa, clientCertificates } = settings
  const oldest = VERSIONS.indexOf(tlsMinVersion)
  if (oldest > VERSIONS.indexOf(tlsMaxVersion)) {
    throw wrong(
      `tlsMinVersion (${tlsMinVersion}) is newer than tlsMaxVersion (${tlsMaxVersion}); exchange them, or set one of them only`,
    )
  }
  const options: SecureContextOptions = {
    minVersion: tlsMinVersion,
    maxVersion: tlsMaxVersion,
    // OpenSSL 3 has the old versions switched off behind its security level
    ciphers: tlsCiphers !== '' ? tlsCiphers : oldest < 2 ? `${DEFAULT_CIPHERS}:@SECLEVEL=0` : undefined,
  }
  const ca = tlsCa === '' ? undefined : readAuthorities(tlsCa)
  const base = context(options, ca, `tlsCiphers (${tlsCiphers}) cannot be used`)
  const byHost = new Map<string, SecureContext>()
  for (const [host, certificate] of Object.entries(clientCertificates)) {
    const at = `clientCertificates['${host}']`
    byHost.set(
      host.toLowerCase().replace(/^\[|\](?=$|:)/g, ''),
      context(
        { ...options, ...readCertificate(certificate, at) },
        ca,
        `${at} cannot be used; are certificate, key and passphrase right?`,
      ),
    )
  }
  if (byHost.size === 0) return { for: () => base }
  return { for: (host, port) => byHost.get(`${host}:${port}`) ?? byHost.get(host) ?? base }
}

function context(options: SecureContextOptions, ca: Buffer | undefined, problem: string): SecureContext {
  try {
    const made = createSecureContext(options)
    // the option `ca` would replace Node's roots, NODE_EXTRA_CA_CERTS among them; naming all of them again was measured at 43 ms, this at 1 ms
    if (ca !== undefined) (made.context as { addCACert(pem: Buffer): void }).addCACert(ca)
    return made
  } catch (error) {
    throw wrong(`${problem} (${(error as Error).message})`, error)
  }
}

function readAuthorities(file: string): Buffer {
  const bytes = read(file, 'tlsCa')
  const blocks = bytes.toString('latin1').match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END/g) ?? []
  try {
    if (blocks.length === 0) throw new Error('it has no certificate in PEM')
    for (const block of blocks) new X509Certificate(`${block} CERTIFICATE-----`.replace(/(X509|TRUSTED) /g, ''))
  } catch (error) {
    throw wrong(`tlsCa: expected ${file} to have certificates in PEM (${(error as Error).message})`, error)
  }
  return bytes
}

function readCertificate({ cert, key, pfx, passphrase }: ClientCertificate, at: string): SecureContextOptions {
  const secret = passphrase === undefined ? undefined : { passphrase }
  if (pfx !== undefined) return { pfx: read(pfx, `${at}.pfx`), ...secret }
  return { cert: read(cert!, `${at}.cert`), key: read(key!, `${at}.key`), ...secret }
}

function read(file: string, setting: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw wrong(`${setting}: the file ${file} cannot be read (${(error as Error).message}); check its name and its rights`, error)
  }
}

function wrong(message: string, cause?: unknown): UsageError {
  return new UsageError('ERR_TLS_SETTINGS', message.endsWith('.') ? message : `${message}.`, { cause })
}
