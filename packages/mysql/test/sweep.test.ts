import type { MysqlStore } from '@sess/mysql'
import { noServer, type SqlServer, startMariaDB } from '@sess/testing'
import mysql2, { type Connection } from 'mysql2/promise'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, Place, specTable } from './support/place.ts'

const isMissing = await noServer('mysql')

describe.skipIf(isMissing)('a sweep of the table that createTable makes', async () => {
  const server = (isMissing ? undefined : await startMariaDB()) as SqlServer
  afterAll(() => server?.close())

  /** `expired` rows and as many live ones, with keys between each other's. */
  async function newScene(count = 300) {
    const place = new Place(server)
    const store = await place.open()
    const row = (expiry: number) => [newId(), dataOf(40), expiry]
    const rows = Array.from({ length: count }, (_, i) => [row(place.in(-1 - i)), row(place.in(60_000 + i))])
    if (rows.length > 0) await place.admin.query(`INSERT INTO \`${place.table}\` VALUES ?`, [rows.flat()])
    const keys = (nth: 0 | 1) => rows.map(pair => pair[nth]?.[0] as string)
    return { place, store, expired: keys(0), live: keys(1) }
  }

  async function connectionOf({ account }: Place): Promise<Connection> {
    const connection = await mysql2.createConnection({ ...account, rowsAsArray: true })
    onTestFinished(() => connection.destroy())
    return connection
  }

  /** A transaction that is open until the test ends. */
  async function transactionOf(place: Place): Promise<Connection> {
    const connection = await connectionOf(place)
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    await connection.query('SET SESSION innodb_lock_wait_timeout = 1')
    await connection.query('START TRANSACTION')
    return connection
  }

  /** The statements on the table that the server gets during `work`. */
  async function statementsOf(place: Place, work: () => Promise<unknown>): Promise<string[]> {
    await place.rows(`TRUNCATE mysql.general_log`)
    await place.rows(`SET GLOBAL log_output = 'TABLE', GLOBAL general_log = 1`)
    await work()
    await place.rows(`SET GLOBAL general_log = 0`)
    const logged = await place.rows(
      `SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type IN ('Query', 'Execute') ORDER BY event_time`,
    )
    return logged
      .map(([text]) => String(text))
      .filter(text => text.includes(place.table) || text.startsWith('SET TRANSACTION'))
  }

  it('reads keys from the index on the expiry, and deletes by the primary key', async () => {
    const { place, store } = await newScene()
    const [select, alone, remove, ...more] = await statementsOf(place, () =>
      store.sweep(place.clock.now(), 100),
    )
    expect(more).toEqual([])
    expect(alone).toBe('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
    const explain = async (text = '') => {
      const [rows] = await place.admin.query({ sql: `EXPLAIN ${text}`, rowsAsArray: false })
      return rows
    }
    expect(await explain(select)).toMatchObject([
      { type: 'range', key: 'session_expiry', Extra: expect.stringContaining('Using index') },
    ])
    expect(await explain(remove)).toMatchObject([
      { type: 'range', key: 'PRIMARY', rows: expect.toSatisfy(rows => Number(rows) === 100) },
    ])
  })

  it('deletes by the primary key also when nearly all of a small table is expired', async () => {
    const { place, store } = await newScene(5)
    const [, , remove] = await statementsOf(place, () => store.sweep(place.clock.now(), 100))
    const [plan] = await place.admin.query({ sql: `EXPLAIN ${remove}`, rowsAsArray: false })
    expect(plan).toMatchObject([{ type: 'range', key: 'PRIMARY' }])
  })

  it('is not stopped by live rows that another transaction has locked', async () => {
    const { place, store, live } = await newScene()
    const other = await transactionOf(place)
    for (const id of live)
      await other.query(`UPDATE \`${place.table}\` SET session_data = 'x' WHERE session_key = ?`, [id])
    await other.query(`INSERT INTO \`${place.table}\` VALUES (?, ?, ?)`, [newId(), dataOf(9), place.in(1)])
    const start = performance.now()
    expect(await store.sweep(place.clock.now(), 1000)).toBe(300)
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it('keeps nobody from what is live, for as long as it takes', async () => {
    const { place, store, live } = await newScene()
    await place.rows(`CREATE OR REPLACE TABLE before_sweep SELECT * FROM \`${place.table}\``)
    const statements = await statementsOf(place, () => store.sweep(place.clock.now(), 100))
    // The same statements again on the same rows, with all their locks held: those of a sweep that does not end.
    await place.rows(`INSERT IGNORE INTO \`${place.table}\` SELECT * FROM before_sweep`)
    const sweeper = await connectionOf(place)
    const [select = '', alone = '', remove = ''] = statements
    expect((await sweeper.query(select))[0]).toHaveLength(100)
    await sweeper.query(alone)
    await sweeper.query('START TRANSACTION')
    expect((await sweeper.query(remove))[0]).toMatchObject({ affectedRows: 100 })
    // Whoever would have to wait gives up after a second, and has not done it.
    const limited = await place.open({ ...place.config, uri: '/?innodb_lock_wait_timeout=1' })
    for (const id of live) {
      const found = await limited.load(id)
      expect(await limited.extend(id, place.in(70_000), found?.token ?? '')).toBeDefined()
    }
    for (let ms = 1; ms < 100_000; ms += 1000)
      expect(await limited.create(newId(), dataOf(40), place.in(ms))).toBeDefined()
    for (const id of live) expect(await limited.delete(id)).toBe(true)
  })

  it('is done by one process at a time; the others give 0 at once', async () => {
    const { place, store, expired } = await newScene()
    const second = await place.open()
    const other = await transactionOf(place)
    await other.query(`SELECT 1 FROM \`${place.table}\` WHERE session_key = ? FOR UPDATE`, [expired[9]])
    const first = store.sweep(place.clock.now(), 1000)
    const isDeleting = `SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DELETE FROM %'`
    await expect.poll(() => place.rows(isDeleting)).toHaveLength(1)
    const start = performance.now()
    expect(await second.sweep(place.clock.now(), 1000)).toBe(0)
    expect(performance.now() - start).toBeLessThan(1000)
    await other.query('ROLLBACK')
    expect(await first).toBe(300)
  })

  it('goes on with a log of statements, which has no READ COMMITTED', async () => {
    const logging = await startMariaDB({
      args: ['--log-bin=log', '--binlog-format=STATEMENT', '--server-id=1'],
    })
    onTestFinished(() => logging.close())
    const place = new Place(logging)
    const store = await place.open()
    for (let i = 0; i < 3; i++) await store.create(newId(), dataOf(40), place.in(1000))
    await store.create(newId(), dataOf(40), place.in(2000))
    expect(await store.sweep(place.in(1000), 10)).toBe(3)
    expect(await store.sweep(place.in(1000), 10)).toBe(0)
  })

  it('leaves a session that began again under an expired id meanwhile', async () => {
    const { place, store } = await newScene(0)
    const id = newId()
    await store.create(id, dataOf(40), place.in(-1))
    const [, , remove = ''] = await statementsOf(place, () => store.sweep(place.clock.now(), 10))
    await store.create(id, dataOf(40), place.in(60_000))
    await place.rows(remove)
    expect(await store.load(id)).toBeDefined()
  })

  it('goes in batches, and ends when there is nothing left', async () => {
    const { place, store } = await newScene(2300)
    const deletes = await statementsOf(place, async () =>
      expect(await store.sweep(place.clock.now(), 5000)).toBe(2300),
    )
    expect(deletes.filter(text => text.startsWith('DELETE'))).toHaveLength(3)
    expect(await store.count(place.clock.now())).toBe(2300)
  })

  it('lets others go on where it stopped', async () => {
    const { place, store } = await newScene()
    const second = await place.open()
    const now = place.clock.now()
    expect(await store.sweep(now, 100)).toBe(100)
    expect(await second.sweep(now, 100)).toBe(100)
    expect(await store.sweep(now, 1000)).toBe(100)
    expect(await second.sweep(now, 1000)).toBe(0)
  })

  it('lets the next one sweep, whatever became of the one before', async () => {
    const { place, store, expired } = await newScene()
    await place.rows(`RENAME TABLE \`${place.table}\` TO \`${place.table}x\``)
    await expect(store.sweep(place.clock.now(), 10)).rejects.toMatchObject({ code: 'ER_NO_SUCH_TABLE' })
    await place.rows(`RENAME TABLE \`${place.table}x\` TO \`${place.table}\``)
    const impatient = await place.open({ ...place.config, uri: '/?innodb_lock_wait_timeout=0' })
    const other = await transactionOf(place)
    await other.query(`SELECT 1 FROM \`${place.table}\` WHERE session_key = ? FOR UPDATE`, [expired[9]])
    await expect(impatient.sweep(place.clock.now(), 1000)).rejects.toMatchObject({
      code: 'ER_LOCK_WAIT_TIMEOUT',
    })
    await other.query('ROLLBACK')
    expect(await (await place.open()).sweep(place.clock.now(), 1000)).toBe(300)
  })
})

describe.skipIf(isMissing)('a sweep of the table of the documents', () => {
  it('is one DELETE with a LIMIT, one process at a time', async () => {
    const server = await startMariaDB()
    onTestFinished(() => server.close())
    const place = new Place(server)
    await place.rows(specTable(place.table))
    const stores = [await place.open(), await place.open()]
    const now = Math.floor(place.clock.now() / 1000)
    const rows = Array.from({ length: 100 }, (_, i) => [newId(), dataOf(40), now - 50 + i])
    await place.rows(`INSERT INTO \`${place.table}\` VALUES ?`, [rows])
    const swept = await Promise.all(stores.map(store => store.sweep(place.clock.now(), 30)))
    expect(swept).toContain(30)
    let total = swept.reduce((sum, each) => sum + each, 0)
    while (total < 51) total += await (stores[0] as MysqlStore).sweep(place.clock.now(), 30)
    expect(total).toBe(51)
    expect(await place.expiries()).toEqual(Array.from({ length: 49 }, (_, i) => now + 1 + i))
    expect(await (stores[0] as MysqlStore).sweep(place.clock.now(), 30)).toBe(0)
  })
})
