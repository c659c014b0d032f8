import { MysqlStore } from '@sess/mysql'
import { noService, service } from '@sess/testing'
import mysql2, { type PoolOptions } from 'mysql2'
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
})
