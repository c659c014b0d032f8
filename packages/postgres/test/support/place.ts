import { randomBytes } from 'node:crypto'
import type { Clock } from '@sess/core/engine'
import { type PostgresConfig, type PostgresPool, PostgresStore } from '@sess/postgres'
import { Pool } from 'pg'
import { onTestFinished } from 'vitest'

/** Where a server is, and who may use it. */
export interface Account {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export const newName = (prefix = 't'): string => `${prefix}_${randomBytes(8).toString('hex')}`

export const newId = (): string => randomBytes(32).toString('hex')

export const dataOf = (length: number): Buffer => randomBytes(length)

/** A time that stands still until it is moved. */
export class TestClock implements Clock {
  #now = 1_800_000_000_000

  now(): number {
    return this.#now
  }

  advance(ms: number): void {
    this.#now += ms
  }
}

/** A table of its own, and what tests do to it behind the engine's back. */
export class Place {
  readonly table: string = newName()
  readonly clock: TestClock = new TestClock()
  readonly account: Account
  readonly admin: Pool

  constructor({ host, port, user, password, database }: Account) {
    this.account = { host, port, user, password, database }
    this.admin = new Pool(this.account)
    this.admin.on('error', () => undefined)
    onTestFinished(async () => {
      await this.admin.query(`DROP TABLE IF EXISTS "${this.table}"`).catch(() => undefined)
      await this.admin.end()
    })
  }

  get config(): PostgresConfig {
    return { ...this.account, tableName: this.table, createTable: true }
  }

  /** A store that is closed after the test. */
  async open(
    config: string | PostgresConfig | PostgresPool = this.config,
    timeout = 5000,
  ): Promise<PostgresStore> {
    const store = await PostgresStore.open(config, { clock: this.clock, timeout })
    onTestFinished(() => store.close())
    return store
  }

  in(ms: number): number {
    return this.clock.now() + ms
  }

  async rows(sql: string, values: unknown[] = []): Promise<unknown[][]> {
    return (await this.admin.query({ text: sql, values, rowMode: 'array' })).rows
  }

  /** The expiries of all rows, as the table has them. */
  async expiries(): Promise<number[]> {
    const rows = await this.rows(`SELECT session_expiry FROM "${this.table}" ORDER BY 1`)
    return rows.map(([expiry]) => Number(expiry))
  }
}
