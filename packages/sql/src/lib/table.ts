import { configError } from '@sess/core/engine'
import type { SqlDatabase } from './database.ts'
import type { SqlDialect } from './dialect.ts'

const DEFAULT_NAME = 'session'

/** The name of a table. */
export interface TableName {
  /** The database or schema, if the name has one. */
  readonly schema: string | undefined
  readonly table: string
  /** The whole, quoted for statements. */
  readonly quoted: string
}

/** What there is to know of a table. */
export interface SqlTable {
  readonly name: TableName
  /** What one unit of `session_expiry` is, in milliseconds: 1000 or 1. */
  readonly expiryUnit: number
  /** The largest number that `session_expiry` holds, and no later than a `Date` can be (8.64e15 ms). */
  readonly maxExpiry: number
  /** The largest `session_data`, in bytes. */
  readonly maxBytes: number
}

/**
 * The table that the option `tableName` means: `'session'` if unset, or `'schema.table'`.
 *
 * @param schema where it is if its name does not say
 * @throws ERR_CONFIG
 */
export function readTableName(
  dialect: SqlDialect,
  tableName: unknown = DEFAULT_NAME,
  schema?: string,
): TableName {
  const { engine, quote, maxNameBytes } = dialect
  const parts = typeof tableName === 'string' ? tableName.split('.') : []
  const isRight =
    (parts.length === 1 || parts.length === 2) &&
    parts.every(part => part.trim() !== '' && !part.includes('\0') && Buffer.byteLength(part) <= maxNameBytes)
  if (!isRight)
    throw configError(
      engine,
      `: 'tableName' must be the name of a table, of at most ${maxNameBytes} bytes, e.g. 'session' or 'app.session'`,
    )
  if (parts.length === 1 && schema !== undefined) parts.unshift(schema)
  const quoted = parts.map(part => quote + part.replaceAll(quote, quote + quote) + quote).join('.')
  return { schema: parts.length === 2 ? parts[0] : undefined, table: parts.at(-1) as string, quoted }
}

/** How to get at a table. */
export interface TablePlan<Table extends SqlTable> {
  readonly database: SqlDatabase
  readonly dialect: SqlDialect
  readonly name: TableName
  /** Whether to make the table if it is missing. */
  readonly createTable: boolean
  /** The statement that makes it, as a person would write it. */
  readonly definition: string
  /** What is run to make it: does no harm if it is there, or if others make it at the same moment. */
  readonly creation: string
  /** Looks at the table; `undefined` if it is missing. Throws ERR_CONFIG if it is not fit for sessions. */
  readonly describe: () => Promise<Table | undefined>
}

/**
 * The table, made first if it is missing and `createTable` says so.
 *
 * @throws ERR_CONFIG if it is missing, or not fit for sessions
 */
export async function prepareTable<Table extends SqlTable>(plan: TablePlan<Table>): Promise<Table> {
  const found = await plan.describe()
  if (found) return found
  if (plan.createTable) {
    await plan.database.run({ text: plan.creation, isMaintenance: true }, [])
    const made = await plan.describe()
    if (made) return made
  }
  throw configError(
    plan.dialect.engine,
    `: the table ${plan.name.quoted} is missing. Set createTable: true to have it made, or make it:\n\n${plan.definition}`,
  )
}
