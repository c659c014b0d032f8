import { randomBytes } from 'node:crypto'
import { type Clock, configError, REVISION_BYTES, SessionError } from '@sess/core/engine'
import type { SqlDatabase, SqlStore, TableName } from '@sess/sql'
import { isDenied } from './mysql-errors.ts'

/** Statements that need one right each, and find no row. */
const trials = {
  SELECT: 'SELECT session_key, session_data, session_expiry FROM {table} WHERE 1 = 0',
  INSERT:
    "INSERT INTO {table} (session_key, session_data, session_expiry) SELECT '', '', 0 FROM DUAL WHERE 1 = 0",
  UPDATE: "UPDATE {table} SET session_data = '', session_expiry = 0 WHERE 1 = 0",
  DELETE: 'DELETE FROM {table} WHERE 1 = 0',
}

/**
 * Whether this account may write, and whether an update says what it found and not what it changed: of a pool
 * that was given, and of a proxy in between, only a try can tell.
 */
export async function checkWrites(
  store: SqlStore,
  database: SqlDatabase,
  name: TableName,
  clock: Clock,
): Promise<void> {
  const found = await findsWhatItWrote(store, clock).catch(async (error: unknown) =>
    Promise.reject(await rightsError(error, database, name)),
  )
  if (!found)
    throw configError(
      'mysql',
      `: the connections of this pool do not have the flag FOUND_ROWS, so an extension that changes nothing could not be told from a session that is gone. Leave '-FOUND_ROWS' out of the pool's 'flags', and let a proxy pass the flag`,
    )
}

async function findsWhatItWrote(store: SqlStore, clock: Clock): Promise<boolean> {
  const id = `probe-${randomBytes(16).toString('hex')}`
  const expiresAt = clock.now() + 60_000
  // So that nothing stays behind of an account that may not delete.
  await store.delete(id)
  // Too short for a session, so that nobody counts it.
  const token = await store.create(id, randomBytes(REVISION_BYTES), expiresAt)
  if (token === undefined) throw new SessionError('ERR_BACKEND', 'The database is busy: try again')
  try {
    return (await store.extend(id, expiresAt, token)) !== undefined
  } finally {
    await store.delete(id)
  }
}

/** What to throw: if a right was denied, an error that names all that are missing, and the GRANT. */
export async function rightsError(error: unknown, database: SqlDatabase, name: TableName): Promise<unknown> {
  if (!isDenied(error)) return error
  const missing: string[] = []
  for (const [right, text] of Object.entries(trials))
    await database.run({ text: text.replace('{table}', () => name.quoted) }, []).catch((failure: unknown) => {
      if (isDenied(failure)) missing.push(right)
    })
  if (missing.length === 0) return error
  const { rows } = await database.run({ text: 'SELECT CURRENT_USER()' }, [])
  const [, user = '', host = ''] = /^(.*)@(.*)$/s.exec(String(rows[0]?.[0])) ?? []
  const account = [user, host].map(part => `'${part.replaceAll("'", "''")}'`).join('@')
  return configError(
    'mysql',
    `: ${account} has no right to ${missing.join(', ')} on the table ${name.quoted}. It takes:\n\nGRANT SELECT, INSERT, UPDATE, DELETE ON ${name.quoted} TO ${account};`,
    error,
  )
}
