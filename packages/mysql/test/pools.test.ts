import { MysqlStore } from '@sess/mysql'
import { noService, service } from '@sess/testing'
import mysql2, { type PoolConnection, type PoolOptions } from 'mysql2'
import mysql2Promise from 'mysql2/promise'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, newName, Place } from './support/place.ts'

describe.skipIf(await noService('mysql'))('a given pool', () => {
  const newPlace = async () => new Place(await service.mysql())

  function newPool(place: Place, options: PoolOptions = {}) {
    const pool = mysql2.createPool({ ...place.account, ...options })
    onTestFinished(() => new Promise(resolve => pool.end(() => resolve())))
    return pool
  }

  async function exercise(place: Place, store: MysqlStore) {
    const [id, data] = [newId(), dataOf(300)]
    const token = (await store.create(id, dataOf(40), place.in(60_000))) ?? ''
    expect(await store.create(id, data, place.in(60_000))).toBeUndefined()
    const next = (await store.update(id, data, place.in(61_000), token)) ?? ''
    expect(await store.update(id, dataOf(40), place.in(60_000), token)).toBeUndefined()
    expect(await store.load(id)).toEqual({ data, expiresAt: place.in(61_000), token: next })
    expect(await store.extend(id, place.in(61_000), next)).toBe(next)
    expect(await store.count(place.clock.now())).toBe(1)
    expect(await store.delete(id, token)).toBe(false)
    expect(await store.delete(id, next)).toBe(true)
    await store.create(newId(), data, place.in(-1))
    expect(await store.sweep(place.clock.now(), 10)).toBe(1)
  }

  it('of callbacks serves, and is not closed', async () => {
    const place = await newPlace()
    const pool = newPool(place)
    for (const config of [pool, { client: pool }]) {
      const options = { tableName: place.table, createTable: true }
      const store = await place.open(
        'client' in config ? { ...config, ...options } : { client: config, ...options },
      )
      await exercise(place, store)
      await store.close()
      await expect(store.load(newId())).rejects.toMatchObject({ code: 'ERR_CLOSED' })
      await expect(store.sweep(0, 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
      expect(await pool.promise().query('SELECT 1')).toBeDefined()
    }
  })

  it('of promises serves, alone too, with the table of the usual name', async () => {
    const place = await newPlace()
    const database = newName('db')
    await place.rows(`CREATE DATABASE ${database}`)
    const pool = mysql2Promise.createPool({ ...place.account, database })
    onTestFinished(async () => {
      await place.rows(`DROP DATABASE ${database}`)
      await pool.end()
    })
    await exercise(place, await place.open({ client: pool, createTable: true }))
    const store = await MysqlStore.open(pool, { clock: place.clock })
    await exercise(place, store)
    await store.close()
    expect((await pool.query('SELECT COUNT(*) AS n FROM session'))[0]).toEqual([{ n: 0 }])
  })

  it.each<[PoolOptions]>([
    [{ rowsAsArray: true }],
    [{ nestTables: true }],
    [{ nestTables: '_' }],
    [{ typeCast: false }],
    [{ typeCast: () => 'cast' }],
    [{ namedPlaceholders: true }],
    [{ supportBigNumbers: true, bigNumberStrings: true }],
    [{ dateStrings: true, decimalNumbers: true, jsonStrings: true }],
    [{ queryFormat: () => 'SELECT 1' }],
    [{ stringifyObjects: true }],
    [{ multipleStatements: true }],
    [{ maxPreparedStatements: 1 }],
    [{ connectionLimit: 1 }],
    [{ charset: 'gbk' }],
    [{ compress: true }],
    [{ resetOnRelease: true }],
    [{ disableEval: true }],
  ])('may be set otherwise: %o', async options => {
    const place = await newPlace()
    const pool = newPool(place, options)
    for (const prepared of options.queryFormat ? [true] : [true, false])
      await exercise(
        place,
        await place.open({ client: pool, tableName: place.table, createTable: true, prepared }),
      )
  })

  it.each<[PoolOptions]>([[{ flags: ['-FOUND_ROWS'] }], [{ flags: ['-FOUND_ROWS'], compress: true }]])(
    'that does not say what it found is refused: %o',
    async options => {
      const place = await newPlace()
      const client = newPool(place, options)
      for (const prepared of [true, false])
        await expect(
          place.open({ client, tableName: place.table, createTable: true, prepared }),
        ).rejects.toMatchObject({
          code: 'ERR_CONFIG',
          message: expect.stringMatching(/FOUND_ROWS.*Leave '-FOUND_ROWS' out of the pool's 'flags'/),
        })
      expect(await place.expiries()).toEqual([])
    },
  )

  it('that does not commit by itself is refused', async () => {
    const place = await newPlace()
    const client = newPool(place)
    client.on('connection', connection => connection.query('SET autocommit = 0'))
    await expect(place.open({ client, tableName: place.table, createTable: true })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/'autocommit' must be on/),
    })
  })

  it('prepares each statement once for a connection, or never if told so', async () => {
    const place = await newPlace()
    const counts = async (prepared: boolean) => {
      const client = newPool(place, { connectionLimit: 1 })
      const store = await place.open({ client, tableName: place.table, createTable: true, prepared })
      const count = async () => {
        await exercise(place, store)
        const [rows] = await client.promise().query(`SHOW STATUS LIKE 'Com_stmt_prepare'`)
        return Number((rows as { Value: string }[])[0]?.Value)
      }
      return [await count(), await count(), await count()]
    }
    const [first = 0, ...more] = await counts(true)
    expect(first).toBeGreaterThan(8)
    expect(more).toEqual([first, first])
    expect(await counts(false)).toEqual([0, 0, 0])
  })

  /** A store on the one connection of a pool that others use as well. */
  async function newShared() {
    const place = await newPlace()
    const client = newPool(place, { connectionLimit: 1 })
    const connections: PoolConnection[] = []
    client.on('connection', connection => connections.push(connection))
    const store = await place.open({ client, tableName: place.table, createTable: true })
    return { place, client, store, connections }
  }

  it.each([
    ['statements are closed', closeStatements],
    ['the connection is reset', (connection: PoolConnection) => command(done => connection.reset(done))],
    [
      'another database is used',
      (connection: PoolConnection) => command(done => connection.query('USE information_schema', done)),
    ],
    [
      'the account is changed',
      (connection: PoolConnection) =>
        command(done => connection.changeUser({ database: 'information_schema' }, done)),
    ],
  ])('goes on with the same connection after %s by others', async (_, disturb) => {
    const { place, store, connections } = await newShared()
    await exercise(place, store)
    const [id, data] = [newId(), dataOf(300)]
    const token = (await store.create(id, data, place.in(60_000))) ?? ''
    for (let i = 0; i < 3; i++) {
      await disturb(connections[0] as PoolConnection)
      expect(await store.load(id)).toEqual({ data, expiresAt: place.in(60_000), token })
      await disturb(connections[0] as PoolConnection)
      expect(await store.extend(id, place.in(60_000), token)).toBe(token)
    }
    await disturb(connections[0] as PoolConnection)
    expect(await store.create(id, data, place.in(60_000))).toBeUndefined()
    await disturb(connections[0] as PoolConnection)
    expect(await store.delete(id, token)).toBe(true)
    await disturb(connections[0] as PoolConnection)
    await exercise(place, store)
    expect(connections).toHaveLength(1)
  })

  it('has no listener left of twenty stores that were opened and closed on it', async () => {
    const { place, client, store, connections } = await newShared()
    const [connection] = connections as [PoolConnection]
    const before = connection.listenerCount('error')
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    const stores = [store]
    for (let i = 0; i < 20; i++) stores.push(await place.open({ client, tableName: place.table }))
    expect(connection.listenerCount('error')).toBe(before)
    for (const each of stores) expect(await each.load(newId())).toBeUndefined()
    for (const each of stores) await each.close()
    expect(connections).toHaveLength(1)
    expect(connection.listenerCount('error')).toBe(before)
    expect(client.eventNames()).toEqual(['connection'])
    expect(warnings).toEqual([])
  })
})

/** Sends a command and waits for its answer. */
function command(send: (done: (error: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => void send(error => (error ? reject(error) : resolve())))
}

/** Closes what is prepared on a connection, of which the driver is not told: as a proxy or a failover does it. */
async function closeStatements(connection: PoolConnection): Promise<void> {
  const { _statements } = connection as unknown as { _statements: Map<string, { close(): void }> }
  for (const statement of _statements.values()) statement.close()
  await command(done => connection.ping(done))
}
