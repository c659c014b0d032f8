import { MysqlStore } from '@sess/mysql'
import { type SqlServer, startMariaDB } from '@sess/testing'
import type { Subject } from '@sess/testkit'
import mysql2, { type RowDataPacket } from 'mysql2/promise'
import { afterAll } from 'vitest'
import { newName } from './place.ts'

/** A server that the kit may stop, and the subject over it: each check has a table of its own. */
export async function newSubject(name: string, definition?: (table: string) => string): Promise<Subject> {
  const server: SqlServer = await startMariaDB()
  const { host, port, user, password, database } = server
  const account = { host, port, user, password, database }
  const admin = mysql2.createPool({ ...account, rowsAsArray: true })
  afterAll(async () => {
    await admin.end()
    await server.close()
  })
  const rowsOf = async (sql: string, values: unknown[] = []) =>
    (await admin.query<RowDataPacket[]>(sql, values))[0] as unknown as (string | Buffer | number)[][]

  return {
    name,
    create: async ({ clock }) => {
      const tableName = newName()
      if (definition) await admin.query(definition(tableName))
      return {
        connect: () => MysqlStore.open({ ...account, tableName, createTable: !definition }, { clock }),
        dump: async () => {
          const rows = await rowsOf(`SELECT session_key, session_data, session_expiry FROM \`${tableName}\``)
          return rows.flat().map(value => (typeof value === 'number' ? String(value) : value))
        },
        tamper: async (id, change) => {
          const [row] = await rowsOf(`SELECT session_data FROM \`${tableName}\` WHERE session_key = ?`, [id])
          const data = Buffer.from(change((row as [Buffer])[0]))
          await admin.query(`UPDATE \`${tableName}\` SET session_data = ? WHERE session_key = ?`, [data, id])
        },
        outage: async () => {
          await server.stop()
          return () => server.restart()
        },
        destroy: async () => {
          await admin.query(`DROP TABLE IF EXISTS \`${tableName}\``)
        },
      }
    },
  }
}
