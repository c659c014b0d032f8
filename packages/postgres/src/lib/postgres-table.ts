import { configError, SessionError } from '@sess/core/engine'
import { prepareTable, type SqlDatabase, type SqlTable, type TableName } from '@sess/sql'
import { dialect, ENGINE } from './dialect.ts'

/** The driver reads binary data as hexadecimal text, which takes several times the memory for a moment. */
const MAX_BYTES = 64 * 1024 * 1024

/** The last moment that a Date can be, in milliseconds. */
const LAST_MOMENT = 8.64e15

/**
 * The table, made first if it is missing and `createTable` says so.
 *
 * @throws ERR_CONFIG if it is missing, or not fit for sessions; ERR_BACKEND if the server is read-only
 */
export function openTable(database: SqlDatabase, name: TableName, createTable: boolean): Promise<SqlTable> {
  const definition = definitionOf(name)
  const creation = creationOf(definition)
  const describe = () => inspect(database, name)
  return prepareTable({ database, dialect, name, createTable, definition, creation, describe })
}

/** In the C collation an update of the system's locales spoils no index. */
function definitionOf({ quoted }: TableName): string {
  return `CREATE TABLE ${quoted} (
  session_key char(64) COLLATE "C" PRIMARY KEY,
  session_data bytea NOT NULL,
  session_expiry bigint NOT NULL
);
CREATE INDEX ON ${quoted} (session_expiry);`
}

/** CREATE TABLE IF NOT EXISTS fails when two run it at once; of these, all but one find that it is done. */
function creationOf(definition: string): string {
  return `DO ${literal(`BEGIN
${definition}
EXCEPTION WHEN duplicate_table OR duplicate_object OR unique_violation THEN NULL;
END`)}`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const lookAtServer = {
  text: `SELECT current_setting('transaction_read_only'), quote_ident(current_user), oid,
  has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
  AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
FROM to_regclass($1) AS oid`,
  isMaintenance: true,
}

const lookAtColumns = {
  text: `SELECT attname, format_type(atttypid, atttypmod),
  coalesce((SELECT collisdeterministic FROM pg_collation WHERE oid = attcollation), true),
  EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisunique AND indisvalid AND indimmediate
    AND indpred IS NULL AND indnkeyatts = 1 AND indkey[0] = attnum)
FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
  isMaintenance: true,
}

async function inspect(database: SqlDatabase, name: TableName): Promise<SqlTable | undefined> {
  const { quoted } = name
  const server = await database.run(lookAtServer, [quoted])
  const [readOnly, user, oid, mayUse] = server.rows[0] as [string, string, string | null, string]
  if (readOnly === 'on')
    throw new SessionError('ERR_BACKEND', 'The server is read-only. Connect to the primary')
  if (oid === null) return undefined
  if (mayUse !== 't')
    throw unfit(name, 'may not be used', `GRANT SELECT, INSERT, UPDATE, DELETE ON ${quoted} TO ${user};`)
  const { rows } = await database.run(lookAtColumns, [quoted])
  const columns = new Map(rows.map(([column, type, ...flags]) => [column, { type: type as string, flags }]))
  const key = columns.get('session_key')
  // Sixty-four characters or more, or as many as one likes.
  if (!key || !/^(text|character varying|character( varying)?\((6[4-9]|[7-9]\d|\d{3,})\))$/.test(key.type))
    throw unfit(name, has('session_key', key?.type), alter(quoted, 'session_key', 'char(64)'))
  const [isDeterministic, isUnique] = key.flags
  if (isDeterministic !== 't')
    throw unfit(
      name,
      'has a collation that takes different keys for the same',
      alter(quoted, 'session_key', 'char(64) COLLATE "C"'),
    )
  if (isUnique !== 't')
    throw unfit(name, 'may hold a session twice', `ALTER TABLE ${quoted} ADD PRIMARY KEY (session_key);`)
  const data = columns.get('session_data')
  if (data?.type !== 'bytea')
    throw unfit(name, has('session_data', data?.type), alter(quoted, 'session_data', 'bytea'))
  const expiry = columns.get('session_expiry')
  if (expiry?.type !== 'bigint')
    throw unfit(name, has('session_expiry', expiry?.type), alterExpiry(quoted, expiry?.type))
  return { name, expiryUnit: 1, maxExpiry: LAST_MOMENT, maxBytes: MAX_BYTES }
}

function has(column: string, type: string | undefined): string {
  return type === undefined ? `has no column ${column}` : `has the column ${column} as ${type}`
}

function alter(table: string, column: string, type: string): string {
  return `ALTER TABLE ${table} ALTER COLUMN ${column} TYPE ${type};`
}

/** beego has a timestamp without time zone, which two servers read as two moments. */
function alterExpiry(table: string, type: string | undefined): string {
  const isTime = type?.startsWith('timestamp')
  const using = isTime ? 'round(extract(epoch FROM session_expiry) * 1000)::bigint' : 'session_expiry::bigint'
  return alter(table, 'session_expiry', `bigint USING ${using}`)
}

function unfit({ quoted }: TableName, problem: string, remedy: string): SessionError {
  return configError(ENGINE, `: the table ${quoted} ${problem}. It takes:\n\n${remedy}`)
}
