import { configError, isSessionError, SessionError } from '@sess/core/engine'
import { UnreachableError, withoutUser } from '@sess/sql'
import { codeOf } from './mysql-errors.ts'

const noSession = `a condition of the table does not let a session in. Drop it, or choose another 'tableName'`

/** What a setting is at fault for, and what to do. */
const remedies: Record<string, string> = {
  ER_ACCESS_DENIED_ERROR: `the account is not accepted. Check 'user' and 'password', and that the account may connect from this host`,
  ER_DBACCESS_DENIED_ERROR: `the account may not use this database. GRANT SELECT, INSERT, UPDATE, DELETE ON it to the account`,
  ER_TABLEACCESS_DENIED_ERROR: `the account may not do all that sessions need. GRANT SELECT, INSERT, UPDATE, DELETE on the table to it, and CREATE, INDEX for createTable`,
  ER_COLUMNACCESS_DENIED_ERROR: `the account may not use all columns of the table. GRANT SELECT, INSERT, UPDATE, DELETE on the table to it`,
  ER_BAD_DB_ERROR: `there is no such database. CREATE DATABASE, or check 'database'`,
  ER_NO_DB_ERROR: `'database' is missing, e.g. { database: 'app' }`,
  ER_OPTION_PREVENTS_STATEMENT: `the server is read-only. Connect to the primary`,
  ER_READ_ONLY_MODE: `the server is read-only. Connect to the primary`,
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: `transactions are read-only. SET transaction_read_only = 0`,
  ER_NO_DEFAULT_FOR_FIELD: `the table has another column that must have a value, and sessions have none for it. Give that column a default, or choose another 'tableName'`,
  ER_CHECK_CONSTRAINT_VIOLATED: noSession,
  // The driver's name for the number that MariaDB has for it.
  ER_INNODB_AUTOEXTEND_SIZE_OUT_OF_RANGE: noSession,
  ER_UNKNOWN_SYSTEM_VARIABLE: `a parameter is neither one of go-sql-driver's nor a system variable of the server`,
  ER_WRONG_VALUE_FOR_VAR: `a system variable does not take its value. Strings need quotes, e.g. time_zone=%27%2B00:00%27`,
  ER_WRONG_TYPE_FOR_VAR: `a system variable does not take its value. Numbers need no quotes`,
  HANDSHAKE_NO_SSL_SUPPORT: `the server has no TLS. Set it up there, or leave out 'ssl' or 'tls'`,
  HANDSHAKE_SSL_ERROR: `the server's certificate is not accepted. Give the one that signed it, ssl: { ca: readFileSync('ca.pem') }, and the name that it is for as 'host'`,
}

/** What failed at the start, as the user has to see it. */
export function startError(error: unknown, address: string): unknown {
  const cause = withoutUser(error instanceof UnreachableError ? error.reason : error)
  const code = codeOf(cause)
  const remedy = remedies[code]
  if (remedy) return configError('mysql', `: at ${address} ${remedy} (${code})`, cause)
  if (isSessionError(cause, 'ERR_TIMEOUT'))
    return new SessionError('ERR_BACKEND', `The database at ${address} did not answer in time`, { cause })
  if (isSessionError(cause)) return cause
  return new SessionError('ERR_BACKEND', `The database at ${address} cannot be used: ${code}`, { cause })
}
