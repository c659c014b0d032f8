import pg from 'pg'
import type { Contender } from '../contender.ts'
import { onDriver } from '../on-driver.ts'

export const contender: Contender = async ({ service, prefix: table, data }) => {
  const pool = new pg.Pool({ connectionString: service })
  await pool.query(`CREATE TABLE IF NOT EXISTS ${table} (id text PRIMARY KEY, data text NOT NULL)`)
  const prepared = (name: string, text: string) => (values: string[]) =>
    pool.query<{ data: string }>({ name, text, values })
  const select = prepared('get', `SELECT data FROM ${table} WHERE id = $1`)
  const update = prepared('set', `UPDATE ${table} SET data = $2 WHERE id = $1`)
  const insert = prepared('add', `INSERT INTO ${table} (id, data) VALUES ($1, $2)`)
  return onDriver(
    {
      get: async id => (await select([id])).rows[0]?.data ?? '',
      set: (id, json) => update([id, json]),
      add: (id, json) => insert([id, json]),
    },
    data,
  )
}
