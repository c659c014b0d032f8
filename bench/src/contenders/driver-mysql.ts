import mysql, { type RowDataPacket } from 'mysql2'
import type { Contender } from '../contender.ts'
import { onDriver } from '../on-driver.ts'

export const contender: Contender = async ({ service, prefix: table, data }) => {
  const pool = mysql.createPool(service)
  // Without the driver's own promises, which trace the stack of every call.
  const execute = (sql: string, values: string[]) =>
    new Promise<RowDataPacket[]>((resolve, reject) => {
      pool.execute<RowDataPacket[]>(sql, values, (error, rows) => (error ? reject(error) : resolve(rows)))
    })
  const id = 'id char(32) CHARACTER SET ascii PRIMARY KEY'
  await execute(`CREATE TABLE IF NOT EXISTS ${table} (${id}, data mediumtext NOT NULL)`, [])
  const select = `SELECT data FROM ${table} WHERE id = ?`
  const update = `UPDATE ${table} SET data = ? WHERE id = ?`
  const insert = `INSERT INTO ${table} (data, id) VALUES (?, ?)`
  return onDriver(
    {
      get: async id => (await execute(select, [id]))[0]?.data ?? '',
      set: (id, json) => execute(update, [json, id]),
      add: (id, json) => execute(insert, [json, id]),
    },
    data,
  )
}
