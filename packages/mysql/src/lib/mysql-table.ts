import { configError } from '@sess/core/engine'
import type { SqlDatabase, SqlTable, TableName } from '@sess/sql'
import { isDenied } from './mysql-errors.ts'
import { rightsError } from './rights.ts'

/** Room in a packet for all of a statement but the data, in bytes. */
const OVERHEAD = 1024
/** As far as a `Date` goes, in milliseconds since 1970. */
const MAX_DATE = 8.64e15

/** What there is to know of a table of MySQL. */
export interface MysqlTable extends SqlTable {
  /** Whether rows are locked one by one. With any other engine than InnoDB a statement locks the whole table. */
  readonly hasRowLocks: boolean
  /** The index on the expiry. */
  readonly expiryIndex: string | undefined
  /** Tells this table from any other of the server. */
  readonly fullName: string
}

export function tableDefinition(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
  session_key char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  session_data mediumblob NOT NULL,
  session_expiry bigint NOT NULL,
  PRIMARY KEY (session_key),
  KEY session_expiry (session_expiry)
) ENGINE=InnoDB`
}

/**
 * Looks at the table; `undefined` if there is none.
 *
 * @throws ERR_CONFIG if it, or how the server is set, is not fit for sessions
 */
export async function describeTable(
  database: SqlDatabase,
  name: TableName,
  prepared: boolean,
): Promise<MysqlTable | undefined> {
  const server = await database.run({ text: 'SELECT DATABASE(), @@autocommit, @@max_allowed_packet' }, [])
  const [current, autocommit, maxPacket] = server.rows[0] as [string | null, unknown, unknown]
  if (Number(autocommit) !== 1)
    throw wrong(
      `: 'autocommit' must be on: every statement is a transaction of its own; write SET autocommit = 1`,
    )
  const schema = name.schema ?? current
  if (schema === null) throw wrong(`: 'database' is missing, e.g. { database: 'app' }`)

  const { rows: columns } = await database.run(COLUMNS, [schema, name.table])
  // Of a table on which an account has no right at all the server says nothing here.
  if (columns.length === 0) return noTable(database, name)
  const column = (wanted: string) => {
    const [, type, collation, engine] = columns.find(row => textOf(row[0]).toLowerCase() === wanted) ?? []
    if (type === undefined) throw wrong(`: the table ${name.quoted} has no column ${wanted}. ${remedy(name)}`)
    return { type: textOf(type).toLowerCase(), collation: textOf(collation), engine: textOf(engine) }
  }
  const { rows: indexes } = await database.run(INDEXES, [schema, name.table])
  checkKey(name, column('session_key'), indexes)
  const packet = Number(maxPacket) - OVERHEAD
  return {
    // With its database, which no USE of others changes.
    name: { ...name, quoted: `${quote(schema)}.${quote(name.table)}` },
    ...expiryOf(name, column('session_expiry').type),
    // Without preparing, a byte is two digits.
    maxBytes: Math.min(sizeOf(name, column('session_data').type), prepared ? packet : Math.floor(packet / 2)),
    hasRowLocks: column('session_key').engine.toLowerCase() === 'innodb',
    expiryIndex: firstIndexOn(indexes, 'session_expiry'),
    fullName: `${schema}.${name.table}`,
  }
}

async function noTable(database: SqlDatabase, name: TableName): Promise<undefined> {
  try {
    await database.run({ text: `SELECT 1 FROM ${name.quoted} WHERE 1 = 0` }, [])
  } catch (error) {
    if (isDenied(error)) throw await rightsError(error, database, name)
  }
  return undefined
}

function quote(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``
}

const COLUMNS = {
  text: `SELECT c.COLUMN_NAME, c.COLUMN_TYPE, c.COLLATION_NAME, t.ENGINE
FROM information_schema.TABLES t
JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?`,
}

const INDEXES = {
  text: `SELECT INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART
FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
}

type Indexes = readonly (readonly unknown[])[]

function firstIndexOn(indexes: Indexes, wanted: string): string | undefined {
  const found = indexes.find(
    ([, position, column]) => Number(position) === 1 && textOf(column).toLowerCase() === wanted,
  )
  return found && textOf(found[0])
}

function checkKey(
  name: TableName,
  { type, collation }: { type: string; collation: string },
  indexes: Indexes,
): void {
  const [, length] = /^(?:var)?char\((\d+)\)/.exec(type) ?? []
  if (length === undefined || Number(length) < 64)
    throw wrong(`: session_key of the table ${name.quoted} is ${type}, and must be char(64). ${remedy(name)}`)
  // Of the other ones some take different letters for one, as i and y in Lithuanian.
  if (
    !/_bin$|^[a-z0-9]+_(?:general|unicode|unicode_520|0900|uca1400)(?:_nopad)?(?:_a[is])?(?:_c[is])?$|^latin1_swedish_/.test(
      collation,
    )
  )
    throw wrong(
      `: session_key of the table ${name.quoted} has the collation ${collation}, which takes different ids for one. ALTER TABLE ${name.quoted} MODIFY session_key char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL`,
    )
  const primary = indexes.filter(([index]) => textOf(index) === 'PRIMARY')
  if (
    primary.length !== 1 ||
    textOf(primary[0]?.[2]).toLowerCase() !== 'session_key' ||
    primary[0]?.[3] !== null
  )
    throw wrong(
      `: session_key must be the primary key of the table ${name.quoted}: ALTER TABLE ${name.quoted} ADD PRIMARY KEY (session_key)`,
    )
}

function sizeOf(name: TableName, type: string): number {
  const [, kind = '', length] = /^(tinyblob|blob|mediumblob|longblob|varbinary\((\d+)\))$/.exec(type) ?? []
  const sizes: Record<string, number> = {
    tinyblob: 255,
    blob: 65_535,
    mediumblob: 16_777_215,
    longblob: 4_294_967_295,
  }
  const size = sizes[kind] ?? Number(length)
  if (Number.isNaN(size))
    throw wrong(
      `: session_data of the table ${name.quoted} is ${type}, and must hold bytes: ALTER TABLE ${name.quoted} MODIFY session_data mediumblob NOT NULL`,
    )
  return size
}

function expiryOf(name: TableName, type: string): { expiryUnit: number; maxExpiry: number } {
  if (/^int(?:\(\d+\))? unsigned$/.test(type)) return { expiryUnit: 1000, maxExpiry: 4_294_967_295 }
  if (/^bigint(?:\(\d+\))?(?: unsigned)?$/.test(type)) return { expiryUnit: 1, maxExpiry: MAX_DATE }
  throw wrong(
    `: session_expiry of the table ${name.quoted} is ${type}, and must be int unsigned, for seconds, or bigint, for milliseconds. ${remedy(name)}`,
  )
}

function remedy(name: TableName): string {
  return `Choose another 'tableName', or make the table anew:\n\n${tableDefinition(name.quoted)}`
}

/** Some servers say that names are bytes. */
function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value ?? '')
}

function wrong(problem: string): Error {
  return configError('mysql', problem)
}
