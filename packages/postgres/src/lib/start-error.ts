import { configError, isSessionError, SessionError } from '@sess/core/engine'
import { UnreachableError, withoutUser } from '@sess/sql'
import { ENGINE } from './dialect.ts'
import { isPool, type PostgresPool } from './driver.ts'
import type { OwnPool } from './postgres-config.ts'
import { codeOf } from './postgres-errors.ts'

const noTls = 'The server does not support SSL connections'

/** What a setting is at fault for, and what to do. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/^28P01$/, `the password is not accepted. Check 'user' and 'password'`],
  [
    /^28000$/,
    `the server does not let this user in. Check 'user', 'database', sslmode, and the server's pg_hba.conf`,
  ],
  [/^3D000$/, `there is no such database. Check its name, or CREATE DATABASE`],
  [/^3F000$/, `there is no such schema. Check 'tableName' and search_path, or CREATE SCHEMA`],
  [
    /^42501$/,
    `the user may not make the table. GRANT CREATE ON SCHEMA to the user, or make it as somebody else`,
  ],
  [
    /^(42704|22023|55P02)$/,
    `the server does not take a parameter of the connection string: the parameter is neither one of those for the client nor a setting that may be set there. Leave it out: the cause has its name`,
  ],
  [
    /^08P01$/,
    `a parameter of the connection is refused. With PgBouncer set prepared: false, and leave out 'options'`,
  ],
  [/^SASL: .*password must be/, `the server asks for a password. Set 'password'`],
  [
    new RegExp(`^${noTls}`),
    `the server has no TLS. Switch it on there, or set sslmode=disable in a network of your own`,
  ],
  [
    /CERT|SIGNATURE|^ERR_TLS_/,
    `the server's certificate is not accepted. Name the authority that signed it as sslrootcert=ca.pem, or ssl: { ca }, and as 'host' the name that it is for`,
  ],
]

/** What failed at the start, as the user has to see it. */
export function startError(error: unknown, address: string): unknown {
  const cause = withoutUser(error instanceof UnreachableError ? error.reason : error)
  if (isSessionError(cause, 'ERR_TIMEOUT'))
    return new SessionError('ERR_BACKEND', `PostgreSQL at ${address} did not answer in time`, { cause })
  if (isSessionError(cause)) return cause
  const code = codeOf(cause)
  const remedy = remedies.find(([pattern]) => pattern.test(code))?.[1]
  if (remedy) return configError(ENGINE, `: at ${address} ${remedy} (${code})`, cause)
  return new SessionError('ERR_BACKEND', `PostgreSQL at ${address} cannot be used: ${code}`, { cause })
}

/** The server has no TLS, or lets nobody in without. */
export function isAboutTls(error: unknown): boolean {
  return codeOf(error) === noTls || codeOf(error) === '28000'
}

/** Where it is, for messages. */
export function addressOf(pool: OwnPool | PostgresPool): string {
  if (isPool(pool)) return 'the given pool'
  const { host, port } = pool.options
  return host?.startsWith('/') ? host : `${host}:${port}`
}
