import { createServer } from 'node:net'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { noService, service, startProxy } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import '@sess/mysql'
import { newId, newName, Place } from './support/place.ts'

async function failureOf(
  config: unknown,
  timeout = 5000,
): Promise<Error & { code?: string; cause?: unknown }> {
  const manager = newManager('mysql', { providerConfig: config as string, timeout })
  return manager.then(
    opened => opened.close().then(() => new Error('There was no error')),
    error => error,
  )
}

it.each([
  [undefined, /must be 'user:password@tcp\(127\.0\.0\.1:3306\)\/app', or an object|must be 'username/],
  ['', /must be 'username:password@protocol\(address\)\/dbname\?param=value', e\.g\. 'app:secret@tcp/],
  [5, /must be 'user:password@tcp\(127\.0\.0\.1:3306\)\/app', or an object, e\.g\. \{ host:/],
  [null, /must be 'user:password@tcp/],
  [['a@/b'], /must be 'user:password@tcp/],
  [{}, /must be 'user:password@tcp/],
  [{ hots: 'localhost' }, /unknown field 'hots'; it must be/],
  ['mysql://localhost/app?conectionLimit=5', /unknown field 'conectionLimit'/],
  ['postgres://localhost/app', /is a URL of something else/],
  ['mysql://user:pa%ss@localhost/app', /is no URL: write \/ as %2F, @ as %40 and % as %25/],
  ['mysql://user:pa/ss@localhost/app', /is no URL/],
  [{ uri: 5 }, /'uri' must be a string/],
  [{ host: 'h', createTable: 'yes' }, /'createTable' must be true or false, e\.g\. \{ createTable: true \}/],
  [{ host: 'h', prepared: 1 }, /'prepared' must be true or false, e\.g\. \{ prepared: false \}/],
  [{ host: 'h', tableName: 'a.b.c' }, /'tableName' must be the name of a table/],
  [{ host: 'h', flags: ['-FOUND_ROWS'] }, /'flags' must not have '-FOUND_ROWS'/],
  [{ host: 'h', charset: 'nonsense' }, /Unknown charset 'nonsense'/],
  [{ host: 'h', ssl: 'nonsense' }, /Unknown SSL profile 'nonsense'/],
  [{ host: 'h', ssl: true }, /SSL profile must be an object/],
  [{ client: {} }, /'client' must be a pool of mysql2, e\.g\. \{ client: mysql\.createPool\(…\) \}/],
  [{ client: null }, /'client' must be a pool of mysql2/],
  [{ client: { getConnection() {} }, host: 'h' }, /has both 'client' and 'host'/],
])('says what is wrong with %j', async (config, message) => {
  const error = await failureOf(config)
  expect(error.message).toMatch(message)
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
})

describe.skipIf(await noService('mysql'))('at the start', () => {
  const newPlace = async () => new Place(await service.mysql())

  it('a server that is not there is told, with its address and without the password', async () => {
    const closed = await startProxy({ host: '127.0.0.1', port: 1 })
    await closed.close()
    for (const config of [
      `user:topsecret@tcp(127.0.0.1:${closed.port})/app`,
      { host: '127.0.0.1', port: closed.port, user: 'user', password: 'topsecret' },
    ]) {
      const error = await failureOf(config)
      expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'ECONNREFUSED' } })
      expect(error.message).toBe(`The database at 127.0.0.1:${closed.port} cannot be used: ECONNREFUSED`)
    }
    expect(await failureOf('user@unix(/nowhere/mysql.sock)/app')).toMatchObject({
      code: 'ERR_BACKEND',
      message: 'The database at /nowhere/mysql.sock cannot be used: ENOENT',
    })
  })

  it('a server that says nothing is given up in time', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await new Promise(resolve => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const start = performance.now()
    const error = await failureOf(`user:pw@tcp(127.0.0.1:${port})/app`, 500)
    expect(performance.now() - start).toBeLessThan(1500)
    expect(error).toMatchObject({ code: 'ERR_BACKEND' })
    expect(error.message).toContain(`127.0.0.1:${port}`)
  })

  it.each([
    [
      { password: 'wrong' },
      /the account is not accepted\. Check 'user' and 'password'.*ER_ACCESS_DENIED_ERROR/,
    ],
    [{ database: 'nowhere' }, /there is no such database\. CREATE DATABASE, or check 'database'/],
    [{ uri: '/?no_such_variable=1' }, /neither one of go-sql-driver's nor a system variable/],
    [{ uri: '/?sql_mode=%27NONSENSE%27' }, /a system variable does not take its value/],
    [{ uri: '/?autocommit=1&init_connect=1' }, /ER_/],
    [{ ssl: {} }, /the server has no TLS/],
  ])('%j is told', async (options, message) => {
    const place = await newPlace()
    const error = await failureOf({ ...place.config, ...options })
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain(place.account.password)
  })

  it('an account that may not use the database is told', async () => {
    const place = await newPlace()
    await place.open()
    const { config } = await newAccount(place)
    expect((await failureOf(config)).message).toMatch(
      /may not use this database\. GRANT SELECT, INSERT, UPDATE, DELETE/,
    )
  })

  const all = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']
  const engines = ['InnoDB', 'MyISAM']

  it.each(
    engines.flatMap(engine =>
      [...all, 'UPDATE, DELETE', 'SELECT, INSERT, UPDATE'].map(missing => [missing, engine] as const),
    ),
  )('an account without %s on a table of %s is told, with the GRANT', async (missing, engine) => {
    const place = await newPlace()
    await place.rows(
      `CREATE TABLE \`${place.table}\` (session_key char(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, session_data blob, session_expiry bigint) ENGINE=${engine}`,
    )
    const { config, grant } = await newAccount(place)
    await grant(all.filter(right => !missing.split(', ').includes(right)).join())
    const error = await failureOf(config)
    expect(error).toMatchObject({ code: 'ERR_CONFIG' })
    expect(error.message).toContain(`'${config.user}'@'%' has no right to ${missing} on the table`)
    expect(await place.expiries()).toEqual([])
    await place.rows(error.message.slice(error.message.indexOf('\n\n')))
    await place.open({ ...config, createTable: false })
    expect(await place.expiries()).toEqual([])
  })

  it('an account without any right on the table is told that, not that there is no table', async () => {
    const place = await newPlace()
    await place.open()
    await place.rows(`CREATE TABLE \`${place.table}_2\` (a int)`)
    onTestFinished(() => place.rows(`DROP TABLE \`${place.table}_2\``).then(() => undefined))
    const { config, grant } = await newAccount(place)
    await grant('SELECT', `${place.table}_2`)
    for (const createTable of [true, false]) {
      const error = await failureOf({ ...config, createTable })
      expect(error.message).toContain('has no right to SELECT, INSERT, UPDATE, DELETE on the table')
    }
  })

  it('an account with the rights on the three columns alone is enough, but for the delete', async () => {
    const place = await newPlace()
    await place.open()
    const { config, grant } = await newAccount(place)
    const columns = '(session_key, session_data, session_expiry)'
    await grant(`SELECT ${columns}, INSERT ${columns}, UPDATE (session_data, session_expiry)`)
    expect((await failureOf(config)).message).toContain('has no right to DELETE on the table')
    await grant('DELETE')
    await place.open(config)
  })

  it.each([
    [', other text NOT NULL', /another column that must have a value/],
    [', CHECK (octet_length(session_data) > 1000)', /a condition of the table does not let a session in/],
  ])('a table with %s is told', async (column, message) => {
    const place = await newPlace()
    await place.rows(
      `CREATE TABLE \`${place.table}\` (session_key char(64) PRIMARY KEY, session_data blob, session_expiry bigint${column})`,
    )
    expect(await failureOf(place.config)).toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(message),
    })
  })

  it.each([
    [
      'express-mysql-session',
      'session_id varchar(128) PRIMARY KEY, expires int unsigned NOT NULL, data mediumtext',
    ],
    ['connect-session-knex', 'sid varchar(255) PRIMARY KEY, sess json NOT NULL, expired datetime NOT NULL'],
    ['Laravel', 'id varchar(255) PRIMARY KEY, payload longtext NOT NULL, last_activity int NOT NULL'],
  ])('the table of %s is left alone', async (_, columns) => {
    const place = await newPlace()
    await place.rows(`CREATE TABLE \`${place.table}\` (${columns})`)
    expect(await failureOf(place.config)).toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/has no column session_key\. Choose another 'tableName'/),
    })
  })

  it('a server that is read-only is told', async () => {
    const place = await newPlace()
    await place.open()
    const config = { ...place.config, uri: '/?tx_read_only=1' }
    expect(await failureOf(config)).toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/transactions are read-only/),
    })
  })

  it('every option of the driver reaches it', async () => {
    const place = await newPlace()
    const connectAttributes = { program: newName() }
    const { host, port, user, password, database } = place.account
    const store = await place.open({
      uri: `${user}:${password}@tcp(${host}:${port})/${database}?time_zone=%27-08:00%27&compress=true`,
      connectAttributes,
      connectionLimit: 3,
      charset: 'latin1',
      tableName: place.table,
      createTable: true,
    })
    await Promise.all(Array.from({ length: 20 }, () => store.load(newId())))
    const own = await place.rows(
      `SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = ? AND COMMAND = 'Sleep' AND DB = ?`,
      [user, database],
    )
    expect(Number(own[0]?.[0])).toBeGreaterThanOrEqual(3)
  })

  it('is closed once, and gives an error after that', async () => {
    const place = await newPlace()
    const store = await place.open()
    const waiting = Array.from({ length: 20 }, () => store.load(newId()).catch(error => error.code))
    await Promise.all([store.close(), store.close()])
    for (const result of await Promise.all(waiting)) expect([undefined, 'ERR_CLOSED']).toContain(result)
    const closed = { code: 'ERR_CLOSED' }
    await expect(store.load('ab')).rejects.toMatchObject(closed)
    await expect(store.create('ab', new Uint8Array(20), 1)).rejects.toMatchObject(closed)
    await expect(store.count(0)).rejects.toMatchObject(closed)
    await expect(store.sweep(0, 1)).rejects.toMatchObject(closed)
  })

  /** An account that may do nothing, how to open the table as it, and what grants it rights. */
  async function newAccount(place: Place) {
    const user = newName('u')
    await place.rows(`CREATE USER '${user}'@'%' IDENTIFIED BY 'pw'`)
    onTestFinished(() => place.rows(`DROP USER '${user}'@'%'`).then(() => undefined))
    const grant = (rights: string, table = place.table) =>
      place.rows(`GRANT ${rights} ON \`${place.account.database}\`.\`${table}\` TO '${user}'@'%'`)
    return { config: { ...place.config, user, password: 'pw' }, grant }
  }
})
