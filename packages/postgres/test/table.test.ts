import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isSessionError } from '@sess/core/engine'
import type { PostgresConfig } from '@sess/postgres'
import { noService, service } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, newName, Place } from './support/place.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

function newPlace(): Place {
  return new Place(account as NonNullable<typeof account>)
}

async function problem(place: Place, config: PostgresConfig = {}): Promise<string> {
  const error = await place.open({ ...place.config, createTable: false, ...config }).catch(error => error)
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
  return error.message
}

/** The statements that a message tells to run. */
function remedyIn(message: string): string {
  return message.slice(message.indexOf('\n\n'))
}

async function expectWorks(place: Place, config: PostgresConfig = {}): Promise<void> {
  const store = await place.open({ ...place.config, createTable: false, ...config })
  const id = newId()
  const data = dataOf(100)
  expect(await store.create(id, data, place.in(1000))).toBeDefined()
  expect(await store.create(id, data, place.in(1000))).toBeUndefined()
  expect(await store.load(id)).toMatchObject({ data, expiresAt: place.in(1000) })
  expect(await store.count(place.clock.now())).toBe(1)
}

describe.skipIf(isMissing)('the table', () => {
  it('is told how to make it when it is missing', async () => {
    const place = newPlace()
    const message = await problem(place)
    expect(message).toMatch(/table "t_\w+" is missing. Set createTable: true to have it made, or make it:/)
    await place.admin.query(remedyIn(message))
    await expectWorks(place)
  })

  it('is made once by ten processes at once', { timeout: 60_000 }, async () => {
    const place = newPlace()
    const program = fileURLToPath(new URL('./programs/open.mjs', import.meta.url))
    const children = Array.from({ length: 10 }, () =>
      spawn(process.execPath, [program, JSON.stringify(place.config)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    )
    onTestFinished(() => children.forEach(child => void child.kill('SIGKILL')))
    const said = children.map(() => '')
    for (const [i, child] of children.entries())
      child.stdout.on('data', chunk => {
        said[i] += chunk
      })
    await Promise.all(children.map(child => once(child.stdout, 'data')))
    const ended = children.map(child => once(child, 'close'))
    for (const child of children) child.stdin.write('go\n')
    await Promise.all(ended)
    expect(said).toEqual(children.map(() => 'ready\nopen\n'))
    const indexes = await place.rows('SELECT indexdef FROM pg_indexes WHERE tablename = $1', [place.table])
    expect(indexes.map(String).sort()).toEqual([
      expect.stringMatching(/^CREATE INDEX .* \(session_expiry\)$/),
      expect.stringMatching(/^CREATE UNIQUE INDEX .* \(session_key\)$/),
    ])
  })

  it('is made a second time by nobody, and keeps what it holds', async () => {
    const place = newPlace()
    const id = newId()
    await (await place.open()).create(id, dataOf(100), place.in(1000))
    expect(await (await place.open()).load(id)).toBeDefined()
  })

  it.each(['My "own" table', "it's; -- $$", 'x'.repeat(63)])('may be called %s', async name => {
    const place = newPlace()
    const tableName = `${newName('s')}.${name}`
    const schema = tableName.split('.')[0]
    expect(await problem(place, { tableName, createTable: true })).toMatch(/no such schema.*3F000/)
    await place.admin.query(`CREATE SCHEMA ${schema}`)
    onTestFinished(() => void place.admin.query(`DROP SCHEMA ${schema} CASCADE`))
    await place.open({ ...place.config, tableName })
    await expectWorks(place, { tableName })
    const store = await place.open({ ...place.config, tableName })
    expect(await store.sweep(place.in(5000), 10)).toBe(1)
  })

  it('is found by the search_path of the connection string', async () => {
    const place = newPlace()
    const schema = newName('s')
    await place.admin.query(`CREATE SCHEMA ${schema}`)
    onTestFinished(() => void place.admin.query(`DROP SCHEMA ${schema} CASCADE`))
    await place.open({ ...place.config, connectionString: `search_path=${schema}` })
    expect(await place.rows('SELECT schemaname FROM pg_tables WHERE tablename = $1', [place.table])).toEqual([
      [schema],
    ])
  })

  it('of beego, whose expiry is a time without time zone, is refused with what changes it', async () => {
    const place = newPlace()
    await place.admin.query(`CREATE TABLE ${place.table} (
      session_key char(64) NOT NULL, session_data bytea, session_expiry timestamp NOT NULL,
      CONSTRAINT ${place.table}_key PRIMARY KEY (session_key))`)
    await place.admin.query(`INSERT INTO ${place.table} VALUES ('a', NULL, '2026-11-22 01:02:03.004')`)
    const message = await problem(place)
    expect(message).toMatch(/has the column session_expiry as timestamp without time zone. It takes:/)
    await place.admin.query(remedyIn(message))
    expect(await place.expiries()).toEqual([Date.UTC(2026, 10, 22, 1, 2, 3, 4)])
    const store = await place.open({ ...place.config, createTable: false })
    expect(await store.load('a')).toBeUndefined()
    await place.admin.query(`DELETE FROM ${place.table}`)
    await expectWorks(place)
  })

  it.each([
    ['session_key char(64) PRIMARY KEY, session_data bytea', /has no column session_expiry/],
    ['session_key char(64), session_data bytea, session_expiry bigint', /may hold a session twice/],
    [
      'session_key char(32) PRIMARY KEY, session_data bytea, session_expiry bigint',
      /session_key as character\(32\)/,
    ],
    ['session_key bytea PRIMARY KEY, session_data bytea, session_expiry bigint', /session_key as bytea/],
    ['session_key text PRIMARY KEY, session_data text, session_expiry bigint', /session_data as text/],
    ['session_key text PRIMARY KEY, session_data bytea, session_expiry integer', /session_expiry as integer/],
    [
      'session_key text, session_data bytea, session_expiry bigint, PRIMARY KEY (session_key, session_expiry)',
      /may hold a session twice/,
    ],
  ])('is refused as (%s)', async (columns, message) => {
    const place = newPlace()
    await place.admin.query(`CREATE TABLE ${place.table} (${columns})`)
    expect(await problem(place)).toMatch(message)
  })

  it.each(['integer', 'timestamptz', 'timestamp(0)'])(
    'is fit when its %s was made a bigint as told',
    async type => {
      const place = newPlace()
      await place.admin.query(
        `CREATE TABLE ${place.table} (session_key text PRIMARY KEY, session_data bytea, session_expiry ${type})`,
      )
      await place.admin.query(remedyIn(await problem(place)))
      await expectWorks(place)
    },
  )

  it.each(['text', 'varchar', 'varchar(64)', 'char(100)'])('may have a key that is %s', async type => {
    const place = newPlace()
    await place.admin.query(
      `CREATE TABLE ${place.table} (session_key ${type} PRIMARY KEY, session_data bytea, session_expiry bigint)`,
    )
    await expectWorks(place)
  })

  it('is refused with a collation that does not tell - and _ apart', async () => {
    const place = newPlace()
    const collation = newName('c')
    await place.admin.query(
      `CREATE COLLATION ${collation} (provider = icu, locale = 'und-u-ka-shifted-ks-level1', deterministic = false)`,
    )
    onTestFinished(() => void place.admin.query(`DROP COLLATION ${collation} CASCADE`))
    await place.admin.query(
      `CREATE TABLE ${place.table} (session_key varchar(64) COLLATE ${collation} PRIMARY KEY, session_data bytea, session_expiry bigint)`,
    )
    const message = await problem(place)
    expect(message).toMatch(/collation that takes different keys for the same/)
    await place.admin.query(remedyIn(message))
    await expectWorks(place)
  })

  it('is refused to a user who may not use it, with what allows it', async () => {
    const place = newPlace()
    const user = newName('u')
    await place.open()
    await place.admin.query(
      `CREATE ROLE ${user} LOGIN PASSWORD 'other'; GRANT SELECT, INSERT ON ${place.table} TO ${user}`,
    )
    onTestFinished(() => void place.admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`))
    const as = { user, password: 'other' }
    const message = await problem(place, as)
    expect(message).toContain(`GRANT SELECT, INSERT, UPDATE, DELETE ON "${place.table}" TO ${user};`)
    await place.admin.query(remedyIn(message))
    await expectWorks(place, as)
    expect(await problem(place, { ...as, tableName: newName(), createTable: true })).toMatch(
      /may not make the table/,
    )
  })
})

describe.skipIf(isMissing)('what it holds', () => {
  it('ends at the same moment in every time zone', async () => {
    const place = newPlace()
    const [east, west] = await Promise.all(
      ['Pacific/Kiritimati', 'America/Los_Angeles'].map(zone =>
        place.open({ ...place.config, connectionString: `TimeZone=${zone}` }),
      ),
    )
    const id = newId()
    await east?.create(id, dataOf(100), place.in(1001))
    expect(await west?.load(id)).toMatchObject({ expiresAt: place.in(1001) })
    expect(await place.expiries()).toEqual([place.in(1001)])
  })

  it('reads the same whatever the server and the driver are set to', async () => {
    const place = newPlace()
    const store = await place.open({ ...place.config, connectionString: 'bytea_output=escape' })
    const data = Buffer.concat([dataOf(8), Buffer.from(Array.from({ length: 256 }, (_, i) => i))])
    const id = newId()
    const token = await store.create(id, data, place.in(1000))
    expect(await store.load(id)).toEqual({ data, expiresAt: place.in(1000), token })
  })

  it('may have 64 MiB', { timeout: 60_000 }, async () => {
    const place = newPlace()
    const store = await place.open(place.config, 30_000)
    const data = dataOf(store.maxBytes)
    expect(data.length).toBe(64 * 1024 * 1024)
    const id = newId()
    await store.create(id, data, place.in(1000))
    expect(data.equals((await store.load(id))?.data as Buffer)).toBe(true)
  })

  it('may end in ten thousand years, and not later than a Date', async () => {
    const place = newPlace()
    const store = await place.open()
    const id = newId()
    await store.create(id, dataOf(100), 8.64e15)
    expect(await store.load(id)).toMatchObject({ expiresAt: 8.64e15 })
    await expect(store.create(newId(), dataOf(100), 8.65e15)).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })
})
