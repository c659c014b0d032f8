import { type PostgresConfig, PostgresStore } from '@sess/postgres'
import { type SqlServer, startPgBouncer, startPostgres } from '@sess/testing'
import type { Subject } from '@sess/testkit'
import { Pool } from 'pg'
import { afterAll } from 'vitest'
import { newName } from './place.ts'

/** What a subject is like. */
export interface SubjectOptions {
  readonly config?: PostgresConfig
  /** Whether the engine has PgBouncer between itself and the server. */
  readonly isBounced?: boolean
}

/** A server that the kit may stop, and the subject over it: each check has a table of its own. */
export async function newSubject(
  name: string,
  { config = {}, isBounced = false }: SubjectOptions = {},
): Promise<Subject> {
  const server: SqlServer = await startPostgres()
  const front = isBounced ? await startPgBouncer(server) : server
  const { user, password, database } = server
  const account = { user, password, database }
  const admin = new Pool({ ...account, host: server.host, port: server.port })
  admin.on('error', () => undefined)
  afterAll(async () => {
    await admin.end()
    if (front !== server) await front.close()
    await server.close()
  })
  const rowsOf = async (text: string, values: unknown[] = []) =>
    (await admin.query({ text, values, rowMode: 'array' })).rows as (string | Buffer)[][]

  return {
    name,
    create: async ({ clock }) => {
      const tableName = newName()
      return {
        connect: () => {
          const { host, port } = front
          return PostgresStore.open(
            { ...account, host, port, ...config, tableName, createTable: true },
            { clock },
          )
        },
        dump: async () => {
          const rows = await rowsOf(`SELECT session_key, session_data, session_expiry FROM "${tableName}"`)
          return rows.flat()
        },
        tamper: async (id, change) => {
          const [row] = await rowsOf(`SELECT session_data FROM "${tableName}" WHERE session_key = $1`, [id])
          const data = Buffer.from(change((row as [Buffer])[0]))
          await admin.query(`UPDATE "${tableName}" SET session_data = $1 WHERE session_key = $2`, [data, id])
        },
        outage: async () => {
          await front.stop()
          return () => front.restart()
        },
        destroy: async () => {
          await admin.query(`DROP TABLE IF EXISTS "${tableName}"`)
        },
      }
    },
  }
}
