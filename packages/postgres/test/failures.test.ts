import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { PostgresStore } from '@sess/postgres'
import { noServer, type SqlServer, startPgBouncer, startPostgres, startProxy } from '@sess/testing'
import { type Client, type ClientBase, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, Place } from './support/place.ts'

describe.skipIf(await noServer('postgres', 'pgbouncer'))('failures', () => {
  let server: SqlServer

  beforeAll(async () => {
    server = await startPostgres()
  })

  afterAll(() => server?.close())

  function newPool(place: Place, options: object = {}): Pool {
    const pool = new Pool({ ...place.account, ...options })
    // If a connection is never given back, there is no end to wait for.
    onTestFinished(() => void pool.end())
    return pool
  }

  /** Ends all connections but that of the administrator, who is told 57P01. */
  async function endConnections(place: Place): Promise<number> {
    const ended = await place.rows(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    // The news arrive.
    await new Promise(resolve => setTimeout(resolve, 100))
    return ended.length
  }

  it('of idle connections are survived, and the next request works', async () => {
    const place = new Place(server)
    const store = await place.open()
    const id = newId()
    await store.create(id, dataOf(100), place.in(1000))
    expect(await endConnections(place)).toBeGreaterThan(0)
    expect(await store.load(id)).toBeDefined()
  })

  it('of idle connections of a given pool are survived, and its listeners are as before when the store is closed', async () => {
    const place = new Place(server)
    const client = newPool(place)
    const store = await place.open({ client, tableName: place.table, createTable: true })
    expect(client.listenerCount('error')).toBe(1)
    expect(await endConnections(place)).toBeGreaterThan(0)
    expect(await store.load(newId())).toBeUndefined()
    await store.close()
    expect(client.listenerCount('error')).toBe(0)
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  it.each(['ends', 'is cut'])(
    'of a connection that %s under a statement are errors of that statement',
    async how => {
      const place = new Place(server)
      const proxy = await startProxy(server)
      onTestFinished(() => proxy.close())
      const client = newPool(place, { host: proxy.host, port: proxy.port })
      const store = await place.open({ client, tableName: place.table, createTable: true })
      const id = newId()
      const token = (await store.create(id, dataOf(100), place.in(1000))) as string
      const other = await place.admin.connect()
      onTestFinished(() => other.release(true))
      await other.query('BEGIN')
      await other.query(`SELECT FROM ${place.table} FOR UPDATE`)
      let listeners = 0
      client.once('acquire', connection =>
        setTimeout(() => (listeners = connection.listenerCount('error')), 50),
      )
      const update = store.update(id, dataOf(100), place.in(1000), token)
      const failed = expect(update).rejects.toMatchObject({ code: how === 'ends' ? '57P01' : 'ECONNRESET' })
      const waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
      await expect.poll(() => place.admin.query(`SELECT ${waiting}`)).toMatchObject({ rowCount: 1 })
      await expect.poll(() => listeners).toBe(1)
      if (how === 'ends') await place.admin.query(`SELECT pg_terminate_backend(pid) ${waiting}`)
      else proxy.cut()
      await failed
      // A connection that is cut may leave its statement behind.
      await place.admin.query(`SELECT pg_terminate_backend(pid) ${waiting}`)
      await other.query('COMMIT')
      expect(await store.update(id, dataOf(100), place.in(1000), token)).toBeDefined()
    },
  )

  it('that leave a statement behind, which is done later, do nothing twice', async () => {
    const place = new Place(server)
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.close())
    const providerConfig = { ...place.config, host: proxy.host, port: proxy.port }
    const manager = await newManager<{ n: number }>('postgresql', { providerConfig })
    onTestFinished(() => manager.close())
    const headers = new Headers()
    const first = await manager.sessionStart(new Request('http://localhost/'), headers)
    first.set('n', 0)
    await first.sessionRelease()
    const cookie = (headers.get('set-cookie') as string).split(';')[0] as string
    const read = () =>
      manager.sessionStart(new Request('http://localhost/', { headers: { cookie } }), new Headers())
    const session = await read()
    const other = await place.admin.connect()
    onTestFinished(() => other.release(true))
    await other.query('BEGIN')
    await other.query(`SELECT FROM ${place.table} FOR UPDATE`)
    session.update('n', (n = 0) => n + 1)
    const saved = session.sessionRelease()
    const waiting = () => place.admin.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    await expect.poll(waiting).toMatchObject({ rowCount: 1 })
    proxy.cut()
    // The server does not notice, and core tries again.
    await expect.poll(waiting).toMatchObject({ rowCount: 2 })
    await other.query('COMMIT')
    await saved
    expect((await read()).get('n')).toBe(1)
  })

  it('to answer in time cost the connection', { timeout: 12_000 }, async () => {
    const place = new Place(server)
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.close())
    const client = newPool(place, { host: proxy.host, port: proxy.port })
    const store = await place.open({ client, tableName: place.table, createTable: true }, 1000)
    expect(client.totalCount).toBe(1)
    proxy.freeze()
    const start = performance.now()
    await expect(store.load(newId())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(performance.now() - start).toBeLessThan(3000)
    expect(client.totalCount).toBe(0)
    // Now it is a new connection that is waited for, which a pool of the user may do for ever.
    const again = performance.now()
    await expect(store.load(newId())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(performance.now() - again).toBeLessThan(3000)
    proxy.thaw()
    expect(await store.load(newId())).toBeUndefined()
  })

  it('to get a free connection are errors in time', { timeout: 12_000 }, async () => {
    const place = new Place(server)
    const client = newPool(place, { max: 1 })
    const store = await place.open({ client, tableName: place.table, createTable: true }, 1000)
    const taken = await client.connect()
    const start = performance.now()
    await expect(store.load(newId())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(performance.now() - start).toBeLessThan(3000)
    taken.release()
    expect(await store.load(newId())).toBeUndefined()
    expect(client.totalCount).toBe(1)
  })

  it('of serialization are no errors of a session', { timeout: 60_000 }, async () => {
    const place = new Place(server)
    const connectionString = 'default_transaction_isolation=serializable'
    const providerConfig = { ...place.config, connectionString, max: 20 }
    const manager = await newManager<{ n: number }>('postgresql', { providerConfig, timeout: 20_000 })
    onTestFinished(() => manager.close())
    const headers = new Headers()
    const first = await manager.sessionStart(new Request('http://localhost/'), headers)
    first.set('n', 0)
    await first.sessionRelease()
    const cookie = (headers.get('set-cookie') as string).split(';')[0] as string
    const request = () => new Request('http://localhost/', { headers: { cookie } })
    let codes: Record<string, number> = {}
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const session = await manager.sessionStart(request(), new Headers())
        session.update('n', (n = 0) => n + 1)
        await session.sessionRelease().catch(error => {
          codes = { ...codes, [error.code]: (codes[error.code] ?? 0) + 1 }
        })
      }),
    )
    expect(codes).toEqual({})
    expect((await manager.sessionStart(request(), new Headers())).get('n')).toBe(100)
  })

  it('of serialization are lost races', async () => {
    const place = new Place(server)
    const connectionString = "default_transaction_isolation='repeatable read'"
    const store = await place.open({ ...place.config, connectionString })
    const id = newId()
    const token = (await store.create(id, dataOf(100), place.in(1000))) as string
    const other = await place.admin.connect()
    onTestFinished(() => other.release(true))
    await other.query('BEGIN')
    await other.query(`UPDATE ${place.table} SET session_expiry = session_expiry + 1`)
    const changes = [store.update(id, dataOf(100), place.in(1000), token), store.delete(id, token)]
    await expect
      .poll(() => place.admin.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
      .toMatchObject({ rowCount: 2 })
    await other.query('COMMIT')
    expect(await Promise.all(changes)).toEqual([undefined, false])
  })

  it('to write on a server that has become read-only say so, and end with it', async () => {
    const place = new Place(server)
    const store = await place.open()
    const id = newId()
    const token = (await store.create(id, dataOf(100), place.in(1000))) as string
    const setReadOnly = async (to: string) => {
      await place.admin.query(`ALTER DATABASE ${server.database} SET default_transaction_read_only = ${to}`)
      // On the connections that are there nothing changes.
      await endConnections(place)
    }
    onTestFinished(() => setReadOnly('off'))
    await setReadOnly('on')
    const readOnly = {
      code: 'ERR_BACKEND',
      message: expect.stringMatching(/read-only.*Connect to the primary/),
    }
    await expect(store.update(id, dataOf(100), place.in(1000), token)).rejects.toMatchObject(readOnly)
    expect(await store.load(id)).toMatchObject({ token })
    await expect(place.open()).rejects.toMatchObject({ ...readOnly, code: 'ERR_CONFIG' })
    await place.admin.query('SET default_transaction_read_only = off')
    await setReadOnly('off')
    expect(await store.update(id, dataOf(100), place.in(1000), token)).toBeDefined()
  })

  it('on a read-only connection cost it, so that a failover behind one address is noticed', async () => {
    const place = new Place(server)
    const client = newPool(place)
    const store = await place.open({ client, tableName: place.table, createTable: true })
    const session = await client.connect()
    await session.query('SET default_transaction_read_only = on')
    session.release()
    await expect(store.create(newId(), dataOf(100), place.in(1000))).rejects.toMatchObject({
      code: 'ERR_BACKEND',
    })
    expect(await store.create(newId(), dataOf(100), place.in(1000))).toBeDefined()
  })

  it('of prepared statements behind PgBouncer name the remedy', async () => {
    const place = new Place(server)
    const bouncer = await startPgBouncer(server)
    onTestFinished(() => bouncer.close())
    const { host, port } = bouncer
    const error = await place.open({ ...place.config, host, port }).catch(error => error)
    expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
    expect(error.message).toMatch(/With PgBouncer set prepared: false/)
    const client = newPool(place, { host, port })
    const store = await place.open({ client, tableName: place.table, createTable: true })
    const failures = await Promise.all(
      Array.from({ length: 50 }, () => store.load(newId()).catch(error => error as Error)),
    )
    const failure = failures.find(each => each instanceof Error)
    expect(failure).toMatchObject({ code: 'ERR_BACKEND', message: expect.stringMatching(/prepared: false/) })
  })

  it('never show an id', async () => {
    const place = new Place(server)
    const store = await place.open()
    await place.admin.query(`ALTER TABLE ${place.table} ADD CHECK (session_expiry < 0)`)
    const id = newId()
    const error = await store.create(id, dataOf(100), place.in(1000)).then(String, error => error)
    expect(error).toMatchObject({ code: '23514' })
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(id)
  })

  it('to answer do not keep what a closed store had open', async () => {
    const place = new Place(server)
    const clients: Client[] = []
    const onConnect = (client: ClientBase) => void clients.push(client as Client)
    const store = await PostgresStore.open({ ...place.config, onConnect }, { clock: place.clock })
    await Promise.all([store.load(newId()), store.load(newId())])
    server.pause()
    const start = performance.now()
    await store.close().finally(() => server.resume())
    expect(performance.now() - start).toBeLessThan(4000)
    expect(clients.map(client => client.connection.stream.destroyed)).toEqual([true, true])
  })

  it('are errors of a closed store, and nothing else is left of it', async () => {
    const place = new Place(server)
    const store = await PostgresStore.open(place.config, { clock: place.clock })
    await store.load(newId())
    await store.close()
    await store.close()
    await expect(store.load(newId())).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await expect(store.sweep(0, 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await expect
      .poll(() =>
        place.rows(
          "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()",
          [place.table],
        ),
      )
      .toEqual([['0']])
  })
})
