import { randomBytes } from 'node:crypto'
import { configError, type SessionError } from '@sess/core/engine'
import type { TableName } from '@sess/sql'
import { ENGINE } from './dialect.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { sqlState } from './postgres-errors.ts'

/** In milliseconds. Anything that a session could have will do. */
const PROBE_LIFETIME = 60_000

/** What the server says where a right is missing or a policy refuses a row, and where a column must have a value. */
const NO_RIGHT = '42501'
const MUST_HAVE_VALUE = '23502'

/** What to throw when a table cannot even be looked for. */
export async function schemaError(
  error: unknown,
  database: PostgresDatabase,
  name: TableName,
): Promise<unknown> {
  if (sqlState(error) !== NO_RIGHT || name.schema === undefined) return error
  const { rows } = await database.run({ text: 'SELECT quote_ident(current_user)' }, [])
  const schema = `"${name.schema.replaceAll('"', '""')}"`
  return unfit(
    name,
    'is in a schema that may not be used',
    `GRANT USAGE ON SCHEMA ${schema} TO ${rows[0]?.[0]};`,
  )
}

/** For a server on which nothing can be written. `user` is quoted. */
export function readOnlyError(isReplica: boolean, user: string): SessionError {
  return configError(
    ENGINE,
    isReplica
      ? ': the server is a replica, and so read-only. Connect to the primary'
      : `: transactions are read-only here. Connect to the primary, or let ${user} write:\n\nALTER ROLE ${user} SET default_transaction_read_only = off;`,
  )
}

/**
 * Whether a session can be stored, found, changed and deleted: what row level security, triggers and further columns
 * say to that, only a try can tell. Nobody sees anything of it.
 */
export async function tryWrites(
  database: PostgresDatabase,
  name: TableName,
  user: string,
  now: number,
): Promise<void> {
  const { quoted } = name
  const key = `'probe-${randomBytes(16).toString('hex')}'`
  const found = await database
    .tryOut([
      `INSERT INTO ${quoted} (session_key, session_data, session_expiry) VALUES (${key}, decode('${'00'.repeat(16)}', 'hex'), ${now + PROBE_LIFETIME})`,
      `UPDATE ${quoted} SET session_data = session_data, session_expiry = session_expiry WHERE session_key = ${key}`,
      `DELETE FROM ${quoted} WHERE session_key = ${key}`,
    ])
    .catch((error: unknown) => sqlState(error) ?? Promise.reject(error))
  if (found === NO_RIGHT || (Array.isArray(found) && found.some(count => count !== 1)))
    throw unfit(
      name,
      `hides sessions from ${user}, by row level security or a trigger`,
      `CREATE POLICY ${user}_sessions ON ${quoted} TO ${user} USING (true) WITH CHECK (true);`,
    )
  if (found === MUST_HAVE_VALUE)
    throw unfit(
      name,
      'has another column that must have a value, and sessions have none for it',
      'Give that column a default, or choose another table as tableName.',
    )
  if (!Array.isArray(found))
    throw unfit(name, `does not take a session (${found})`, 'Choose another table as tableName.')
}

/** What to throw for a table that is not fit for sessions, with what makes it fit. */
export function unfit({ quoted }: TableName, problem: string, remedy: string): SessionError {
  return configError(ENGINE, `: the table ${quoted} ${problem}. It takes:\n\n${remedy}`)
}
