import { isSessionError } from '@sess/core/engine'
import { noServer, type SqlServer, startMariaDB, startProxy } from '@sess/testing'
import mysql2, { type PoolConnection } from 'mysql2'
import mysql2Promise, { type Connection } from 'mysql2/promise'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, Place } from './support/place.ts'

const isMissing = await noServer('mysql')

/** To core, which would look into the database after any other error. */
const saysNothingWasDone = (error: unknown) => isSessionError(error) && error.cause === undefined

describe.skipIf(isMissing)('when something fails', async () => {
  const server = (isMissing ? undefined : await startMariaDB()) as SqlServer
  afterAll(() => server?.close())

  /** A session, and another transaction that has its row locked. */
  async function lockedScene(config = {}, timeout = 5000) {
    const place = new Place(server)
    const store = await place.open({ ...place.config, ...config }, timeout)
    const id = newId()
    const token = (await store.create(id, dataOf(40), place.in(60_000))) ?? ''
    const other: Connection = await mysql2Promise.createConnection(place.account)
    onTestFinished(() => other.destroy())
    await other.query('START TRANSACTION')
    await other.query(`SELECT 1 FROM \`${place.table}\` WHERE session_key = ? FOR UPDATE`, [id])
    return { place, store, id, token, other }
  }

  it('a call that is late is given up, and its connection is not used again', async () => {
    const place = new Place(server)
    const client = mysql2.createPool({ ...place.account, connectionLimit: 1 })
    onTestFinished(() => new Promise(resolve => client.end(() => resolve())))
    const connections: PoolConnection[] = []
    client.on('connection', connection => connections.push(connection))
    const { store, id, token, other } = await lockedScene({}, 5000)
    await store.close()
    const late = await place.open({ client, tableName: place.table, createTable: true }, 1500)
    const locked = await late.create(id, dataOf(40), place.in(60_000))
    await other.query(`SELECT 1 FROM \`${place.table}\` WHERE session_key = ? FOR UPDATE`, [id])
    const start = performance.now()
    await expect(late.extend(id, place.in(90_000), locked ?? token)).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    })
    const took = performance.now() - start
    expect(took).toBeGreaterThan(1490)
    expect(took).toBeLessThan(3000)
    expect(await late.load(id)).toBeDefined()
    expect(connections).toHaveLength(2)
    expect((connections[0] as unknown as { stream: { destroyed: boolean } }).stream.destroyed).toBe(true)
  })

  it('waiting for a free connection has an end', async () => {
    const place = new Place(server)
    const client = mysql2.createPool({ ...place.account, connectionLimit: 1 })
    onTestFinished(() => new Promise(resolve => client.end(() => resolve())))
    const store = await place.open({ client, tableName: place.table, createTable: true }, 1500)
    const taken = await client.promise().getConnection()
    const wave = () =>
      Promise.all(Array.from({ length: 10 }, () => store.load(newId()).catch(error => error.code)))
    const start = performance.now()
    expect(await wave()).toEqual(Array(10).fill('ERR_TIMEOUT'))
    expect(performance.now() - start).toBeLessThan(3000)
    // The pool's own line does not grow while its connections are busy.
    expect(await wave()).toEqual(Array(10).fill('ERR_TIMEOUT'))
    expect((client as unknown as { _connectionQueue: { length: number } })._connectionQueue).toHaveLength(10)
    taken.release()
    // Those that were late give back what they get.
    expect(await store.load(newId())).toBeUndefined()
  })

  it('a server that has no room for a further prepared statement is sent the values with it', async () => {
    const place = new Place(server)
    await place.open()
    await place.rows('SET GLOBAL max_prepared_stmt_count = 0')
    onTestFinished(() => place.rows('SET GLOBAL max_prepared_stmt_count = 16382').then(() => undefined))
    const client = mysql2.createPool(place.account)
    onTestFinished(() => new Promise(resolve => client.end(() => resolve())))
    for (const config of [place.config, { client, tableName: place.table }]) {
      const store = await place.open(config)
      const [id, data] = [newId(), dataOf(40)]
      const token = (await store.create(id, data, place.in(60_000))) ?? ''
      expect(await store.load(id)).toEqual({ data, expiresAt: place.in(60_000), token })
      expect(await store.update(id, dataOf(40), place.in(60_000), token)).toBeDefined()
      expect(await store.delete(id)).toBe(true)
      await store.create(newId(), data, place.in(-1))
      expect(await store.sweep(place.clock.now(), 10)).toBe(1)
    }
  })

  it('readTimeout ends a call before the timeout does', async () => {
    const { store, id, token, place } = await lockedScene({
      uri: '/?readTimeout=1500ms&innodb_lock_wait_timeout=50',
    })
    const start = performance.now()
    await expect(store.update(id, dataOf(40), place.in(60_000), token)).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: 'The database did not answer within 1500 ms',
    })
    expect(performance.now() - start).toBeLessThan(3000)
  })

  it('a statement that the server gives up counts as late, and was not done', async () => {
    const { store, id, token, place, other } = await lockedScene({ uri: '/?innodb_lock_wait_timeout=0' })
    const data = dataOf(40)
    expect(await store.update(id, data, place.in(70_000), token)).toBeUndefined()
    expect(await store.extend(id, place.in(70_000), token)).toBeUndefined()
    expect(await store.delete(id, token)).toBe(false)
    const error = await store.delete(id).catch(error => error)
    expect(error.message).toBe('The database is busy and gave the delete up: nothing was done')
    expect(saysNothingWasDone(error)).toBe(true)
    await other.query('ROLLBACK')
    expect(await store.load(id)).toMatchObject({ expiresAt: place.in(60_000), token })
    expect(await store.update(id, data, place.in(70_000), token)).toBeDefined()
  })

  it('on its own connections nothing waits for a lock for longer than its caller, and is done when that is gone', async () => {
    const { store, id, token, place, other } = await lockedScene({}, 2500)
    const start = performance.now()
    expect(await store.update(id, dataOf(40), place.in(70_000), token)).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(2500)
    await other.query('ROLLBACK')
    expect(await store.load(id)).toMatchObject({ token })
    await other.query(`LOCK TABLE \`${place.table}\` WRITE`)
    await expect(store.delete(id)).rejects.toMatchObject({ code: 'ERR_BACKEND' })
    await other.query('UNLOCK TABLES')
    expect(await store.load(id)).toMatchObject({ token })
  })

  it('a create waits for nobody who has an expired session locked', async () => {
    const { store, id, place, other } = await lockedScene({ uri: '/?innodb_lock_wait_timeout=0' })
    place.clock.advance(60_000)
    expect(await store.create(id, dataOf(40), place.in(60_000))).toBeUndefined()
    await other.query('ROLLBACK')
    expect(await store.create(id, dataOf(40), place.in(60_000))).toBeDefined()
  })

  it('no connection means that nothing was done, and is told so', async () => {
    const place = new Place(server)
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.close())
    const store = await place.open({ ...place.config, host: proxy.host, port: proxy.port })
    await proxy.refuse()
    proxy.cut('end')
    const failure = () => store.load(newId()).catch(error => error)
    const message = 'No connection to the database could be had: ECONNREFUSED'
    await expect.poll(failure).toMatchObject({ code: 'ERR_BACKEND', message })
    expect(saysNothingWasDone(await failure())).toBe(true)
    await proxy.allow()
    expect(await store.load(newId())).toBeUndefined()
  })

  it('a connection on which a statement failed is not used again: the server may be the wrong one by now', async () => {
    const place = new Place(server)
    const client = mysql2.createPool({ ...place.account, connectionLimit: 1 })
    onTestFinished(() => new Promise(resolve => client.end(() => resolve())))
    let connections = 0
    client.on('connection', () => connections++)
    const store = await place.open({ client, tableName: place.table, createTable: true })
    await client.promise().query('SET SESSION TRANSACTION READ ONLY')
    await expect(store.create(newId(), dataOf(40), place.in(1000))).rejects.toMatchObject({
      code: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
    })
    expect(await store.create(newId(), dataOf(40), place.in(1000))).toBeDefined()
    expect(connections).toBe(2)
  })

  it('a write whose answer is lost is sent once', async () => {
    const place = new Place(server)
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.close())
    for (const prepared of [true, false]) {
      const store = await place.open({ ...place.config, prepared, host: proxy.host, port: proxy.port })
      const updates = async () => Number((await place.rows(`SHOW GLOBAL STATUS LIKE 'Com_update'`))[0]?.[1])
      for (let i = 0; i < 10; i++) {
        const id = newId()
        const token = (await store.create(id, dataOf(40), place.in(1000))) ?? ''
        await store.extend(id, place.in(1000), token)
        const before = await updates()
        const { cuts } = proxy
        proxy.cutAnswers(1)
        const update = expect(store.update(id, dataOf(40), place.in(1000), token)).rejects.toThrow()
        while (proxy.cuts === cuts) await new Promise(resolve => setImmediate(resolve))
        // Whoever sent it again would get through.
        proxy.cutAnswers(0)
        await update
        expect(await store.load(id)).toBeDefined()
        expect((await updates()) - before).toBeLessThanOrEqual(1)
      }
    }
  })

  it('a pool that has no connection to give says so', async () => {
    const place = new Place(server)
    const client = mysql2.createPool({ ...place.account, connectionLimit: 1, waitForConnections: false })
    onTestFinished(() => new Promise(resolve => client.end(() => resolve())))
    const store = await place.open({ client, tableName: place.table, createTable: true })
    const taken = await client.promise().getConnection()
    await expect(store.load(newId())).rejects.toMatchObject({
      code: 'ERR_BACKEND',
      message: 'No connection to the database could be had: No connections available.',
    })
    taken.release()
    expect(await store.load(newId())).toBeUndefined()
  })

  it('an error says nothing of what was to be stored', async () => {
    const place = new Place(server)
    const store = await place.open({ ...place.config, prepared: false })
    await place.rows(`RENAME TABLE \`${place.table}\` TO \`${place.table}x\``)
    const [id, data] = [newId(), dataOf(40)]
    const error = await store.create(id, data, place.in(1000)).catch(error => error)
    await place.rows(`RENAME TABLE \`${place.table}x\` TO \`${place.table}\``)
    expect(error.code).toBe('ER_NO_SUCH_TABLE')
    const said = JSON.stringify(Object.getOwnPropertyNames(error).map(name => error[name]))
    expect(said).not.toContain(id)
    expect(said).not.toContain(data.toString('hex'))
  })

  it('an idle connection that the server ends is no error of anybody', async () => {
    const place = new Place(server)
    const store = await place.open({ ...place.config, uri: '/?wait_timeout=1' })
    await Promise.all(Array.from({ length: 5 }, () => store.load(newId())))
    await new Promise(resolve => setTimeout(resolve, 2500))
    expect(await store.load(newId())).toBeUndefined()
  })
})
