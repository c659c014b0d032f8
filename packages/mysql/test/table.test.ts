import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { noService, service } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, newName, Place, specTable } from './support/place.ts'

const program = fileURLToPath(new URL('./programs/open.mjs', import.meta.url))

describe.skipIf(await noService('mysql'))('the table', () => {
  const newPlace = async () => new Place(await service.mysql())

  /** A place with a table whose columns are changed. */
  async function placeWith(
    key = 'char(64) NOT NULL PRIMARY KEY',
    data = 'mediumblob',
    expiry = 'bigint',
    rest = '',
  ) {
    const place = await newPlace()
    await place.rows(
      `CREATE TABLE \`${place.table}\` (session_key ${key}, session_data ${data}, session_expiry ${expiry}) ${rest}`,
    )
    return place
  }

  async function errorOf(place: Place, config = {}): Promise<Error> {
    const error = await place.open({ ...place.config, ...config }).catch(error => error)
    expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
    return error
  }

  describe('that is missing', () => {
    it('is an error that shows how to make it', async () => {
      const place = await newPlace()
      const { message } = await errorOf(place, { createTable: false })
      expect(message).toMatch(
        /the table `t_\w+` is missing\. Set createTable: true to have it made, or make it:/,
      )
      const [, ddl = ''] = message.split(/:\n\n/)
      await place.rows(ddl)
      await place.open({ ...place.config, createTable: false })
    })

    it('is made by ten processes that start at once, and all of them work', async () => {
      const place = await newPlace()
      const workers = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const child = spawn(process.execPath, [program, JSON.stringify(place.config)], {
            stdio: ['pipe', 'pipe', 'inherit'],
          })
          onTestFinished(() => void child.kill('SIGKILL'))
          const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
          expect((await lines.next()).value).toBe('ready')
          return { child, lines, ended: once(child, 'exit') }
        }),
      )
      for (const { child } of workers) child.stdin.write('go\n')
      for (const { lines, ended } of workers) {
        expect((await lines.next()).value).toBe('done')
        expect(await ended).toEqual([0, null])
      }
    })

    it('is made once more without harm to what is there', async () => {
      const place = await newPlace()
      const id = newId()
      await (await place.open()).create(id, dataOf(40), place.in(1000))
      expect(await (await place.open()).load(id)).toBeDefined()
    })
  })

  describe('and its name', () => {
    it.each(['a`b', "a'b", 'a?b', 'a b', 'select', 'größe', 'a$1', 'a\\b'])('may be %s', async table => {
      const place = await newPlace()
      const tableName = newName(table)
      onTestFinished(() =>
        place.rows(`DROP TABLE \`${tableName.replaceAll('`', '``')}\``).then(() => undefined),
      )
      for (const prepared of [true, false]) {
        const store = await place.open({ ...place.config, tableName, prepared })
        const id = newId()
        const token = await store.create(id, dataOf(40), place.in(1000))
        expect(await store.update(id, dataOf(40), place.in(1000), token ?? '')).toBeDefined()
        expect(await store.count(place.clock.now())).toBe(1)
        expect(await store.delete(id)).toBe(true)
        expect(await store.sweep(place.in(5000), 10)).toBe(0)
      }
    })

    it('may have a database before it, and then needs no other one', async () => {
      const place = await newPlace()
      const { database: _, ...config } = place.config
      const tableName = `${place.account.database}.${place.table}`
      const store = await place.open({ ...config, tableName })
      await store.create(newId(), dataOf(40), place.in(1000))
      expect(await place.expiries()).toEqual([place.in(1000)])
      expect(await store.sweep(place.in(1000), 10)).toBe(1)
      expect((await errorOf(place, { database: undefined })).message).toMatch(
        /'database' is missing, e\.g\. \{ database: 'app' \}/,
      )
    })

    it.each(['', 'a.b.c', '.a', 'a.', ' ', 'a\0b', 'x'.repeat(65), 5, null])(
      'may not be %j',
      async tableName => {
        const place = await newPlace()
        expect((await errorOf(place, { tableName })).message).toMatch(
          /'tableName' must be the name of a table, of at most 64 bytes, e\.g\. 'session' or 'app\.session'/,
        )
      },
    )
  })

  describe('is refused', () => {
    it.each([
      [
        ['char(63) NOT NULL PRIMARY KEY'],
        /session_key of the table `t_\w+` is char\(63\), and must be char\(64\)/,
      ],
      [['binary(64) NOT NULL PRIMARY KEY'], /session_key .* is binary\(64\)/],
      [['char(64) NOT NULL'], /session_key must be the primary key .* ADD PRIMARY KEY \(session_key\)/],
      [
        ['char(64) NOT NULL', 'blob', 'bigint, PRIMARY KEY (session_key, session_expiry)'],
        /session_key must be the primary key/,
      ],
      [
        ['char(64) NOT NULL', 'blob', 'bigint, PRIMARY KEY (session_key(10))'],
        /session_key must be the primary key/,
      ],
      [
        ['char(64) COLLATE utf8mb4_lithuanian_ci PRIMARY KEY'],
        /collation utf8mb4_lithuanian_ci, which takes different ids for one\. ALTER TABLE/,
      ],
      [[undefined, 'mediumtext'], /session_data .* is mediumtext, and must hold bytes: ALTER TABLE/],
      [[undefined, 'json'], /session_data .* is longtext, and must hold bytes/],
      [[undefined, 'binary(200)'], /session_data .* is binary\(200\)/],
      [
        [undefined, undefined, 'int'],
        /session_expiry .* is int\(11\), and must be int unsigned, for seconds, or bigint/,
      ],
      [[undefined, undefined, 'datetime'], /session_expiry .* is datetime/],
    ])('if it has %j', async (columns, message) => {
      expect((await errorOf(await placeWith(...columns))).message).toMatch(message)
    })

    it('if a column is missing', async () => {
      const place = await newPlace()
      await place.rows(`CREATE TABLE \`${place.table}\` (session_key char(64) PRIMARY KEY, data blob)`)
      expect((await errorOf(place)).message).toMatch(
        /has no column session_(data|expiry)\. Choose another 'tableName'/,
      )
    })
  })

  describe('says how much it holds', () => {
    it.each([
      ['tinyblob', 255],
      ['blob', 65_535],
      ['varbinary(4000)', 4000],
      ['mediumblob', 16_776_192],
      ['longblob', 16_776_192],
    ])('a %s: %i bytes', async (type, size) => {
      const place = await placeWith(undefined, type)
      const store = await place.open()
      expect(store.maxBytes).toBe(size)
      const data = dataOf(size)
      const id = newId()
      await store.create(id, data, place.in(1000))
      expect(Buffer.compare((await store.load(id))?.data as Buffer, data)).toBe(0)
    })

    it('half of it without prepared statements, if the packet is what limits it', async () => {
      const place = await newPlace()
      const store = await place.open({ ...place.config, prepared: false })
      expect(store.maxBytes).toBe(8_388_096)
      const data = dataOf(8_388_096)
      const id = newId()
      await store.create(id, data, place.in(1000))
      expect(Buffer.compare((await store.load(id))?.data as Buffer, data)).toBe(0)
    })
  })

  it('of the documents cuts nothing off, in non-strict mode either', async () => {
    const place = await newPlace()
    await place.rows(specTable(place.table))
    const { host, port, user, password, database } = place.account
    const manager = await newManager('mysql', {
      cookieName: 'id',
      providerConfig: {
        uri: `${user}:${password}@tcp(${host}:${port})/${database}?sql_mode=%27%27`,
        tableName: place.table,
      },
    })
    onTestFinished(() => manager.close())
    const headers = new Headers()
    const first = await manager.sessionStart(new Request('http://localhost/'), headers)
    first.set('kept', 'a'.repeat(60_000))
    await first.sessionRelease()
    const cookie = headers.get('set-cookie')?.split(';')[0] as string
    const again = () =>
      manager.sessionStart(new Request('http://localhost/', { headers: { cookie } }), new Headers())
    const second = await again()
    second.set('more', 'a'.repeat(5536))
    await expect(second.sessionRelease()).rejects.toMatchObject({ code: 'ERR_TOO_LARGE', limit: 65_535 })
    const third = await again()
    expect(third.get('kept')).toBe('a'.repeat(60_000))
    expect(third.get('more')).toBeUndefined()
  })

  describe.each([
    ['of the documents', 1000],
    ['of its own making', 1],
  ])('%s', (_, unit) => {
    async function opened() {
      const place = await newPlace()
      if (unit === 1000) await place.rows(specTable(place.table))
      return { place, store: await place.open() }
    }

    it('has the expiry as a number, rounded up', async () => {
      const { place, store } = await opened()
      const id = newId()
      const token = (await store.create(id, dataOf(40), place.in(60_001))) ?? ''
      const expiry = place.in(60_000) / unit + 1
      expect(await place.expiries()).toEqual([expiry])
      expect((await store.load(id))?.expiresAt).toBe(expiry * unit)
      expect(await store.extend(id, place.in(60_001), token)).toBe(token)
      place.clock.advance(expiry * unit - place.clock.now() - 1)
      expect(await store.load(id)).toBeDefined()
      place.clock.advance(1)
      expect(await store.load(id)).toBeUndefined()
    })

    it('means the same moment in every time zone', async () => {
      const { place, store } = await opened()
      const far = await place.open({ ...place.config, uri: `/?time_zone=%27%2B13:00%27`, timezone: '-11:00' })
      const id = newId()
      await far.create(id, dataOf(40), place.in(2000))
      expect((await store.load(id))?.expiresAt).toBe(place.in(2000))
      place.clock.advance(1999)
      for (const each of [store, far]) expect(await each.count(place.clock.now())).toBe(1)
      place.clock.advance(1)
      for (const each of [store, far]) expect(await each.load(id)).toBeUndefined()
      expect(await far.sweep(place.clock.now(), 10)).toBe(1)
    })

    it('keeps apart what its collation may take for one', async () => {
      const { place, store } = await opened()
      const create = (id: string) => store.create(id, dataOf(40), place.in(1000))
      for (const id of ['xsnkjklkjjkh27hjh78908', 'a', 'a_', 'a-', '-', '0'.repeat(64)])
        expect(await create(id)).toBeDefined()
      for (const id of ['A', 'a ', 'ä', '', 'a\0', '0'.repeat(65), 'a.b', "a'b", 'a\n'])
        await expect(create(id)).rejects.toMatchObject({ code: 'ERR_INVALID_ID' })
    })
  })

  it('of the documents says that it cannot hold what ends after 2106', async () => {
    const place = await newPlace()
    await place.rows(specTable(place.table))
    const store = await place.open()
    const last = 4_294_967_295_000
    expect(await store.create(newId(), dataOf(40), last)).toBeDefined()
    await expect(store.create(newId(), dataOf(40), last + 1)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/ends after 2106-02-07.*make it a bigint/),
    })
  })

  it('is left with nothing of the try that is made at the start', async () => {
    const place = await newPlace()
    const store = await place.open()
    expect(await place.expiries()).toEqual([])
    expect(await store.count(0)).toBe(0)
  })
})
