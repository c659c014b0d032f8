import { prepareTable, type SqlTable, type TableName } from '@sess/sql'
import { dialect } from './dialect.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { readOnlyError, schemaError, tryWrites, unfit } from './rights.ts'

/** The driver reads binary data as hexadecimal text, which takes several times the memory for a moment. */
const MAX_BYTES = 64 * 1024 * 1024

/** The last moment that a Date can be, in milliseconds. */
const LAST_MOMENT = 8.64e15

/**
 * The table, made first if it is missing and `createTable` says so.
 *
 * @throws ERR_CONFIG if it is missing or not fit for sessions, or may not be written
 */
export function openTable(
  database: PostgresDatabase,
  name: TableName,
  createTable: boolean,
  now: number,
): Promise<SqlTable> {
  const definition = definitionOf(name)
  const creation = creationOf(definition)
  const describe = () => inspect(database, name, now)
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

/** The rights that are missing, and the name with its schema, which no search_path changes. */
const lookAtServer = {
  text: `SELECT current_setting('transaction_read_only'), pg_is_in_recovery(), quote_ident(current_user),
  (SELECT string_agg(word, ', ') FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS word
    WHERE NOT has_table_privilege(oid, word)),
  (SELECT quote_ident(nspname) || '.' || quote_ident(relname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = found.oid)
FROM to_regclass($1) AS found(oid)`,
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

async function inspect(
  database: PostgresDatabase,
  name: TableName,
  now: number,
): Promise<SqlTable | undefined> {
  const { quoted } = name
  const server = await database
    .run(lookAtServer, [quoted])
    .catch(async (error: unknown) => Promise.reject(await schemaError(error, database, name)))
  const [readOnly, isReplica, user, missing, whole] = server.rows[0] as [string, string, string, Text, Text]
  if (readOnly === 'on') throw readOnlyError(isReplica === 't', user)
  if (whole === null) return undefined
  if (missing !== null)
    throw unfit(
      name,
      `may not be used: ${user} has no right to ${missing}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${quoted} TO ${user};`,
    )
  const { rows } = await database.run(lookAtColumns, [quoted])
  const columns = new Map(rows.map(([column, type, ...flags]) => [column, { type: type as string, flags }]))
  const key = columns.get('session_key')
  if (!key)
    throw unfit(
      name,
      'has no column session_key: it is of something else',
      `Set tableName to the name of another table, e.g. { tableName: 'app_session', createTable: true }`,
    )
  // Sixty-four characters or more, or as many as one likes.
  if (!/^(text|character varying|character( varying)?\((6[4-9]|[7-9]\d|\d{3,})\))$/.test(key.type))
    throw unfit(name, has('session_key', key.type), alter(quoted, 'session_key', 'char(64)'))
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
  await tryWrites(database, name, user, now)
  return { name: { ...name, quoted: whole }, expiryUnit: 1, maxExpiry: LAST_MOMENT, maxBytes: MAX_BYTES }
}

type Text = string | null

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
