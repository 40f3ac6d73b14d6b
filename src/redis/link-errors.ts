import { SkeinError, UsageError } from '../errors.ts'

/** Says why no connection came about. `where` names the server, without credentials. */
export function connectError(error: unknown, where: string, tls: boolean): SkeinError {
  if (error instanceof SkeinError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const code = String((cause as NodeJS.ErrnoException).code ?? '')
  const make = (own: string, message: string): SkeinError => new SkeinError(own, message, { cause })
  const word = firstWord(cause.message)

  if (word === 'WRONGPASS' || word === 'NOAUTH' || /^ERR (AUTH|invalid password|Client sent AUTH)/i.test(cause.message)) {
    const why = word === 'NOAUTH' ? 'wants a password, and the URL has none' : 'did not accept the user and password of the URL'
    return make(
      'ERR_REDIS_AUTH',
      `${where} ${why}: it says ${JSON.stringify(cause.message)}. They are written redis://user:password@host`,
    )
  }
  if (word === 'NOPERM') return rightsError(cause, where)
  if (word === 'LOADING') return make('ERR_REDIS_LOADING', `${where} is loading its data`)
  if (word === 'MASTERDOWN') return make('ERR_REDIS_ROLE', `${where} is a replica that has lost its master`)
  if (word === 'DENIED') {
    return make(
      'ERR_REDIS_AUTH',
      `${where} is in protected mode and refuses other machines: give it a password (requirepass) or bind it`,
    )
  }
  if (/^ERR (DB index|invalid DB|SELECT is not allowed)/i.test(cause.message)) {
    return new UsageError('ERR_REDIS_URL', `${where} does not have the database that the URL names: ${cause.message}`, { cause })
  }
  if (/max number of clients/.test(cause.message)) {
    return make('ERR_REDIS_CONNECT', `${where} has no place for another client (maxclients): ${cause.message}`)
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return make('ERR_REDIS_CONNECT', `${where} was not found: its name does not resolve (${code})`)
  }
  if (code === 'ECONNREFUSED')
    return make('ERR_REDIS_CONNECT', `nothing listens at ${where} (ECONNREFUSED): is Redis running there?`)
  if (code === 'ENOENT')
    return make('ERR_REDIS_CONNECT', `there is no socket at ${where} (ENOENT): is Redis running, with unixsocket set?`)
  if (code === 'EACCES') return make('ERR_REDIS_CONNECT', `${where} may not be opened by this user (EACCES)`)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return make('ERR_REDIS_TLS', `the certificate of ${where} is for another name: ${cause.message}`)
  }
  if (tls && /wrong version number|packet length too long|unknown protocol|record layer/i.test(cause.message))
    return noTlsError(where, cause)
  if (/CERT|SELF_SIGNED|ISSUER|SIGNATURE|^ERR_SSL|^ERR_OSSL|^EPROTO/.test(code)) {
    const authority = /SELF_SIGNED|ISSUER|SIGNATURE/.test(code)
    const hint = authority ? ': it was issued by nobody this machine trusts; name the CA certificate to trust' : ''
    return make('ERR_REDIS_TLS', `no TLS connection to ${where} (${code}: ${cause.message})${hint}`)
  }
  // a TLS record of type alert, and version 3
  if (/^Unknown RESP type 21\b/.test(cause.message)) {
    return make('ERR_REDIS_TLS', `${where} speaks TLS: use rediss://`)
  }
  if (/^Unknown RESP type/.test(cause.message)) {
    return make('ERR_REDIS_CONNECT', `what listens at ${where} is not Redis: it does not speak its protocol`)
  }
  if (/^ERR unknown command/i.test(cause.message)) {
    return make('ERR_REDIS_CONNECT', `what listens at ${where} is not Redis: it says ${JSON.stringify(cause.message)}`)
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || cause.message === 'Socket closed unexpectedly') {
    const hint = tls ? '' : ': if it speaks TLS, use rediss://'
    return make('ERR_REDIS_CONNECT', `${where} closed the connection without an answer${hint}`)
  }
  return make('ERR_REDIS_CONNECT', `no connection to ${where}: ${cause.message}${code === '' ? '' : ` (${code})`}`)
}

/** An error that a server answered with and that repeating does not mend. */
export function replyError(cause: Error, what: string): SkeinError {
  const word = firstWord(cause.message)
  if (word === 'NOPERM' || /can't run this command|can't access at least one of the keys/.test(cause.message))
    return rightsError(cause, what)
  if (word === 'WRONGTYPE') {
    return new SkeinError(
      'ERR_REDIS_TYPE',
      `${what}: a key has another type than expected, so something else wrote it. ${cause.message}`,
      { cause },
    )
  }
  const code = /\bscript: ?[0-9a-f]{40}|user_script:\d|Error (compiling|running) script/.test(cause.message)
    ? 'ERR_REDIS_SCRIPT'
    : 'ERR_REDIS_REPLY'
  return new SkeinError(code, `${what}: Redis says ${JSON.stringify(cause.message)}`, { cause })
}

export function noTlsError(where: string, cause?: Error): SkeinError {
  return new SkeinError('ERR_REDIS_TLS', `${where} does not speak TLS: use redis:// or the port that it speaks TLS at`, { cause })
}

export function closedError(): SkeinError {
  return new SkeinError('ERR_REDIS_CLOSED', 'the connection to Redis was closed by this program')
}

function rightsError(cause: Error, where: string): SkeinError {
  return new SkeinError(
    'ERR_REDIS_RIGHTS',
    `${where}: the user of the URL lacks a right. Redis says ${JSON.stringify(cause.message)}; give it with ACL SETUSER`,
    { cause },
  )
}

/** The word in capitals that Redis' errors begin with. */
export const firstWord = (message: string): string => /^[A-Z]+/.exec(message)?.[0] ?? ''
