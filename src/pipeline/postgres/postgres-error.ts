import { StoreError } from '../store/store-error.ts'

/** What a server says that is down, starting, going down, full, or in somebody's way (SQLSTATE: classes, or whole codes). */
const PASSING = /^(?:08|53|58|57P0[1-5]|40001|40P01|40003|55P03|55006|25006|25P03)/
/** Of a user, a password, a right. */
const DENIED = /^(?:28|42501)/
/** What has to be made by hand, and how. */
const ABSENT: Readonly<Record<string, string>> = {
  '3D000': 'Make the database first: CREATE DATABASE',
  '3F000': 'Make the schema first: CREATE SCHEMA',
}
const CANCELED = '57014'
/** What the values of a row are to blame for. */
const OF_A_ROW = /^(?:21|22|23|44|54|P0)/
/** What the driver says without a code when its line breaks or nobody answers. */
const BROKEN = /^(?:Connection terminated|Client has encountered a connection error|Client was closed|timeout expired)/
const SILENT = /^(?:Query read timeout)/

/** What an error of the driver has. */
interface DriverError {
  readonly code?: string
  readonly message: string
  readonly severity?: string
  readonly detail?: string
}

/** Turns what the driver throws into the errors of stores. `where` names the server, without credentials. */
export function postgresError(thrown: unknown, where: string): StoreError {
  if (thrown instanceof StoreError) return thrown
  const cause = { cause: thrown }
  if (!(thrown instanceof Error)) return new StoreError('ERR_STORE_REFUSED', `${where}: ${String(thrown)}`, cause)
  const { code = '', detail } = thrown as DriverError
  // several addresses were tried: each has its own
  const message = thrown.message || (thrown instanceof AggregateError ? thrown.errors.map(String).join('; ') : code)
  if (!isAnswer(thrown)) return lineError()
  const said = detail === undefined ? `${message} (${code})` : `${message}: ${detail} (${code})`
  if (code === CANCELED) return new StoreError('ERR_STORE_SLOW', `${where} did not answer in time: ${said}`, cause)
  if (PASSING.test(code)) return new StoreError('ERR_STORE_AWAY', `${where} is away: ${said}`, cause)
  if (DENIED.test(code)) {
    const hint =
      code === '42501'
        ? 'the user of the URL lacks a right: it needs SELECT, INSERT and UPDATE on the table (GRANT), and CREATE on its schema where the table is to be made'
        : 'user, password or database of the URL are wrong, or pg_hba.conf does not let them in'
    return new StoreError('ERR_STORE_DENIED', `${where} says no: ${said}. ${hint}`, cause)
  }
  const hint = ABSENT[code]
  if (hint !== undefined) return new StoreError('ERR_STORE_CONFLICT', `${where}: ${said}. ${hint}`, cause)
  return new StoreError('ERR_STORE_REFUSED', `${where} refused a write: ${said}`, cause)

  function lineError(): StoreError {
    if (SILENT.test(message)) return new StoreError('ERR_STORE_SLOW', `${where} did not answer in time`, cause)
    if ('syscall' in (thrown as Error) || BROKEN.test(message) || thrown instanceof AggregateError || /^E[A-Z]+$/.test(code))
      return new StoreError('ERR_STORE_AWAY', `${where} is away: ${message}`, cause)
    if (/^SASL|password/.test(message))
      return new StoreError('ERR_STORE_DENIED', `${where}: ${message}. The password of the URL is missing or wrong`, cause)
    if (/does not support SSL/.test(message)) {
      return new StoreError(
        'ERR_STORE_REFUSED',
        `${where} has no TLS. Leave \`sslmode\` out of the URL if the line to it is safe, or turn it on there (ssl = on)`,
        cause,
      )
    }
    if (/CERT|SSL|SIGNATURE/.test(code) || /SSL/.test(message)) {
      return new StoreError(
        'ERR_STORE_REFUSED',
        `${where}: no safe connection: ${message}. Name the certificate of its authority in the URL (sslmode=verify-full&sslrootcert=/path/ca.pem), or say sslmode=no-verify to trust whoever answers`,
        cause,
      )
    }
    return new StoreError('ERR_STORE_REFUSED', `${where}: ${message}`, cause)
  }
}

/** The SQLSTATE of what the server answered; undefined if it did not answer. */
export function sqlState(error: unknown): string | undefined {
  const thrown = error instanceof StoreError ? error.cause : error
  return isAnswer(thrown) ? (thrown as DriverError).code : undefined
}

/** Whether one row of a batch is to blame, so that the others would have been taken. */
export function isOfARow(error: unknown): boolean {
  return OF_A_ROW.test(sqlState(error) ?? '')
}

function isAnswer(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && typeof (error as DriverError).code === 'string'
}
