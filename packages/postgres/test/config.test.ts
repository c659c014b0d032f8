import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { noService, service } from '@sess/testing'
import { Client, Pool } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, Place } from './support/place.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

async function errorOf(config: unknown): Promise<Error & { code: string }> {
  const error = await newManager('postgresql', { providerConfig: config as string, timeout: 2000 }).catch(
    error => error,
  )
  expect(isSessionError(error)).toBe(true)
  expect(error.message).not.toContain('hidden')
  return error
}

const pool = new Pool()

it.each([
  [5, /must be 'postgres:\/\/user:password@host.*, or an object, e\.g\. \{ host/],
  [null, /must be 'postgres:/],
  [['postgres://h/d'], /must be 'postgres:/],
  [{ hots: 'h', password: 'hidden' }, /unknown field 'hots'/],
  [{ connectionString: 5 }, /'connectionString' must be a string/],
  [{ max: 0 }, /'max' must be the number of connections, e\.g\. \{ max: 10 \}/],
  [{ tableName: '' }, /'tableName' must be the name of a table/],
  [{ tableName: 'a.b.c' }, /'tableName' must be/],
  [{ tableName: 'x'.repeat(64) }, /of at most 63 bytes/],
  [{ createTable: 'yes' }, /'createTable' must be true or false, e\.g\./],
  [{ prepared: 0 }, /'prepared' must be true or false/],
  [{ client: {} }, /'client' must be a pool of pg, e\.g\. \{ client: new Pool/],
  [{ client: new Client() }, /a Client of pg is one connection.*give a pool/],
  [new Client(), /a Client of pg is one connection/],
  [{ client: pool, host: 'h' }, /has both 'client' and 'host'/],
  [{ client: new Pool({ binary: true } as object) }, /has 'binary' set/],
])('says what is wrong with %s', async (config, message) => {
  const error = await errorOf(config)
  expect(error.code).toBe('ERR_CONFIG')
  expect(error.message).toMatch(message)
})

describe.skipIf(isMissing)('the start', () => {
  const { host, port, user, password, database } = account ?? {
    host: '',
    port: 0,
    user: '',
    password: '',
    database: '',
  }
  const right = { host, port, user, password, database }

  it.each([
    [{ password: 'hidden' }, /at [\w.]+:\d+ the password is not accepted.*28P01/],
    [{ password: '' }, /the server asks for a password. Set 'password'/],
    [{ user: 'hidden?', password: 'hidden' }, /the password is not accepted/],
    [{ database: 'nowhere' }, /there is no such database.*3D000/],
    [{ connectionString: 'pasword=hidden' }, /does not take a parameter/],
    [{ connectionString: 'work_mem=hidden' }, /does not take a parameter/],
  ])('with %j is an error of the configuration', async (wrong, message) => {
    const error = await errorOf({ ...right, ...wrong })
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).toMatch(message)
    expect(error.cause).toBeDefined()
  })

  it('without a server is an error of the backend', async () => {
    const error = await errorOf({ ...right, port: 1, password: 'hidden' })
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'ECONNREFUSED' } })
    expect(error.message).toMatch(/PostgreSQL at [\w.]+:1 cannot be used: ECONNREFUSED/)
    expect((await errorOf('postgres://u:hidden@nowhere.invalid/d')).message).toMatch(
      /nowhere.invalid:5432.*ENOTFOUND/,
    )
    expect((await errorOf('host=/nowhere dbname=d')).message).toMatch(/PostgreSQL at \/nowhere .*ENOENT/)
  })

  it('with a given pool that reaches nothing is an error of the backend', async () => {
    const client = new Pool({ ...right, port: 1 })
    const error = await errorOf({ client })
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'ECONNREFUSED' } })
    expect(error.message).toMatch(/at the given pool/)
    expect(client.listenerCount('error')).toBe(0)
  })

  it('takes options of the driver to the driver', async () => {
    const place = new Place(right)
    const seen: unknown[] = []
    const store = await place.open({
      ...place.config,
      max: 2,
      application_name: 'tests of options',
      onConnect: client => {
        seen.push(client)
      },
    })
    await Promise.all(Array.from({ length: 20 }, () => store.load(newId())))
    expect(seen).toHaveLength(2)
    const [row] = await place.rows(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tests of options'",
    )
    expect(row).toEqual(['2'])
  })

  it('has ten connections at most unless told', async () => {
    const place = new Place(right)
    const store = await place.open({ ...place.config, connectionString: 'application_name=ten' })
    await Promise.all(Array.from({ length: 50 }, () => store.load(newId())))
    const [row] = await place.rows("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ten'")
    expect(row).toEqual(['10'])
  })

  it('takes a connection string alone, in both forms, and a pool alone', async () => {
    const place = new Place(right)
    await place.admin.query(
      'CREATE TABLE IF NOT EXISTS session (session_key char(64) PRIMARY KEY, session_data bytea, session_expiry bigint)',
    )
    const id = newId()
    const url = `postgres://${user}:${password}@${host}:${port}/${database}?sslmode=disable`
    const token = await (await place.open(url)).create(id, dataOf(100), place.in(1000))
    expect(token).toBeDefined()
    const pairs = `host=${host} port=${port} user=${user} password='${password}' dbname=${database} sslmode=disable`
    expect(await (await place.open(pairs)).load(id)).toMatchObject({ token })
    const client = new Pool(right)
    onTestFinished(() => client.end())
    expect(await (await place.open(client)).delete(id)).toBe(true)
  })

  it('reads the same from a pool whose types are read in another way', async () => {
    const place = new Place(right)
    const types = { getTypeParser: () => () => 'something else' }
    const client = new Pool({ ...right, types: types as never })
    onTestFinished(() => client.end())
    const store = await place.open({ client, tableName: place.table, createTable: true })
    const [id, data] = [newId(), dataOf(100)]
    const token = await store.create(id, data, place.in(1000))
    expect(await store.load(id)).toEqual({ data, token, expiresAt: place.in(1000) })
    expect(await store.count(place.clock.now())).toBe(1)
  })
})
