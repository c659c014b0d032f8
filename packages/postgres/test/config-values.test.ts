import { isSessionError } from '@sess/core/engine'
import { noService, service } from '@sess/testing'
import { Client, Pool } from 'pg'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type OwnPool, readConfig } from '../src/lib/postgres-config.ts'
import { newId, newName, Place } from './support/place.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

function own(config: unknown): OwnPool {
  return readConfig(config).pool as OwnPool
}

function problemOf(config: unknown): string {
  try {
    readConfig(config)
  } catch (error) {
    expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
    return (error as Error).message
  }
  throw new Error('It was accepted')
}

const unverified = [{ rejectUnauthorized: false }]

describe('a URL as pg, an ORM or a hoster has it', () => {
  it.each([
    ['sslmode=no-verify', unverified],
    ['ssl=true', [{}]],
    ['ssl=1', [{}]],
    ['ssl=0', [false]],
    ['ssl=false', [false]],
    ['ssl=no-verify', unverified],
    ['ssl=require', unverified],
    ['ssl=true&sslmode=no-verify', unverified],
    ['ssl=true&sslmode=disable', [false]],
    ['sslaccept=strict', [{}]],
    ['sslaccept=accept_invalid_certs', unverified],
    ['sslmode=require&uselibpqcompat=true', unverified],
    ['sslmode=require&channel_binding=require', unverified],
    ['sslmode=no-verify&sslinline=true&sslrootcert=CA', [{ rejectUnauthorized: false, ca: 'CA' }]],
  ])('says of TLS: %s', (query, expected) => {
    expect(own(`postgres://u:p@h/app?${query}`).tls).toEqual(expected)
  })

  it.each([
    ['connection_limit=5', { max: 5 }],
    ['max=7', { max: 7 }],
    ['connection_limit=5&pool_timeout=10&socket_timeout=3', { max: 5 }],
    ['idleTimeoutMillis=1000&connectionTimeoutMillis=0', { idleTimeoutMillis: 1000 }],
    ['channel_binding=require', { enableChannelBinding: true }],
    ['options=project%3Dep-cool-1', { options: 'project=ep-cool-1' }],
    ['options=endpoint%3Dx&statement_timeout=900', { options: 'endpoint=x -c statement_timeout=900' }],
    ['user=me%40server&sslmode=require', { user: 'me@server' }],
    ['user=me@server&sslmode=require', { user: 'me@server' }],
  ])('says of the pool: %s', (query, expected) => {
    expect(own(`postgres://h/app?${query}`).options).toMatchObject(expected)
  })

  it.each([
    'sslmode=require&supa=base-pooler.x',
    'pgbouncer=true&connection_limit=1&workaround=supabase-pooler.vercel',
    'schema=public&statement_cache_size=0&pool_timeout=0',
    'channel_binding=prefer',
  ])('asks nothing of the server with %s', query => {
    expect(own(`postgres://u:p@h/app?${query}`).options).not.toHaveProperty('options')
  })

  it.each([
    ['pgbouncer=true', false],
    ['pgbouncer=false', true],
    ['statement_cache_size=0', false],
    ['statement_cache_size=100', true],
  ])('says whether statements are prepared: %s', (query, expected) => {
    expect(readConfig(`postgres://h/app?${query}`).prepared).toBe(expected)
  })

  it('says where the table is, unless its name does', () => {
    const url = 'postgres://h/app?schema=my%20app'
    expect(readConfig(url).name.quoted).toBe('"my app"."session"')
    expect(readConfig({ connectionString: url, tableName: 't' }).name.quoted).toBe('"my app"."t"')
    expect(readConfig({ connectionString: url, tableName: 's.t' }).name.quoted).toBe('"s"."t"')
  })

  it.each(['no-verify', 'require'])('goes before PGSSLMODE, which may be %s', mode => {
    vi.stubEnv('PGSSLMODE', mode)
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(own('postgres://h/app').tls).toEqual(unverified)
    expect(own({ host: 'h' }).tls).toEqual(unverified)
    expect(own('postgres://h/app?ssl=true').tls).toEqual([{}])
    expect(own('postgres://h/app?ssl=0').tls).toEqual([false])
    expect(own({ ssl: true }).tls).toEqual([true])
  })

  it.each([
    ['postgres://h/app?sslmode=no_verify', /sslmode must be one of .*no-verify/],
    ['postgres://h/app?ssl=maybe', /sslmode must be one of/],
    ['postgres://h/app?sslaccept=maybe', /sslaccept must be strict or accept_invalid_certs/],
    ['postgres://h/app?connection_limit=many', /connection_limit must be a whole number/],
    ['postgres://h/app?channel_binding=maybe', /channel_binding must be disable, prefer or require/],
    ['postgres://h/app?sslidentity=a.p12', /no parameter sslidentity/],
    [{ url: 'postgres://h/app' }, /unknown field 'url': write 'connectionString'/],
    [{ uri: 'postgres://h/app' }, /unknown field 'uri': write 'connectionString'/],
    [{ username: 'u', host: 'h' }, /unknown field 'username': write 'user'/],
    [{ host: 'h', poolSize: 5 }, /unknown field 'poolSize': write 'max'/],
    [{ host: 'h', ssl: 'maybe' }, /'ssl' must be true, false or options of TLS/],
    [{ host: 'h', ssl: 1 }, /'ssl' must be true, false or options of TLS/],
  ])('or not: %j', (config, message) => {
    expect(problemOf(config)).toMatch(message)
  })
})

describe('numbers as text', () => {
  it('are numbers', () => {
    const config = { host: 'h', port: '5433', max: ' 7', idleTimeoutMillis: '1000', query_timeout: '5' }
    expect(own(config).options).toMatchObject({
      port: 5433,
      max: 7,
      idleTimeoutMillis: 1000,
      query_timeout: 5,
    })
    expect(own({ host: 'h', ssl: 'no-verify' }).tls).toEqual(unverified)
  })

  it.each([
    [{ port: 'secret' }, /'port' must be a number/],
    [{ port: '' }, /'port' must be a number/],
    [{ port: '99999' }, /'port' must be a number up to 65535/],
    [{ port: 5432.5 }, /'port' must be a number up to 65535/],
    [{ max: 'secret' }, /'max' must be a number/],
    [{ max: '1.5' }, /'max' must be the number of connections/],
    [{ idleTimeoutMillis: '1s' }, /'idleTimeoutMillis' must be a number/],
  ])('or not: %j', (config, message) => {
    expect(problemOf(config)).toMatch(message)
    expect(problemOf(config)).not.toContain('secret')
  })
})

describe('what is no configuration', () => {
  class Settings {
    host = 'h'
  }
  it.each([
    [undefined, /is undefined; it must be 'postgres:/],
    [new Map([['host', 'h']]), /is an instance of 'Map'/],
    [new Settings(), /is an instance of 'Settings'/],
    [() => new Pool(), /is a function/],
    [new URL('postgres://u:secret@h/app'), /is an instance of 'URL'/],
    [Promise.resolve({ host: 'h' }), /is an instance of 'Promise'/],
    [new Client(), /one connection/],
    [{ client: new Map() }, /'client' must be a pool of pg/],
    [{ client: { connect() {}, totalCount: '5' } }, /'client' must be a pool of pg/],
  ])('is told: %s', (config, message) => {
    expect(problemOf(config)).toMatch(message)
  })
})

describe('a long string', () => {
  const n = 100_000
  it.each([
    ['colons', `postgres://${':'.repeat(n)}`],
    ['at signs', `postgres://${'@'.repeat(n)}/x#`],
    ['at signs and colons', `postgres://${'@a:1'.repeat(n / 4)}#`],
    ['slashes', `postgres://${'/'.repeat(n)}#`],
    ['brackets', `postgres://u@${'['.repeat(n)}`],
    ['digits', `postgres://u@h:${'1'.repeat(n)}x`],
    ['parameters', `postgres://h/d?${'a=1&'.repeat(n / 4)}port=x`],
    ['percents', `postgres://u:${'%'.repeat(n)}@h/d`],
    ['commas', `postgres://${','.repeat(n)}`],
    ['spaces', `a${' '.repeat(n)}b`],
    ['spaces behind', `host=h${' '.repeat(n)}!`],
    ['equal signs', '='.repeat(n)],
    ['quotes', `a=${"'".repeat(n)}`],
    ['backslashes', `a='${'\\'.repeat(n)}`],
    ['letters', 'a'.repeat(n)],
    ['pairs', `${'a=1 '.repeat(n / 4)}port=x`],
    ['pairs with quotes', `${"a='' ".repeat(n / 5)}'`],
  ])('of %s is refused before anybody notices', (_, text) => {
    const start = performance.now()
    expect(problemOf(text).length).toBeLessThan(1000)
    // What is quadratic takes a hundred times as long.
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

describe.skipIf(isMissing)('on a server', () => {
  const { host, port, user, password, database } = account ?? new Pool().options

  it.each([
    ['Prisma', 'schema=SCHEMA&connection_limit=2&pool_timeout=10&pgbouncer=true&sslmode=prefer'],
    ['Supabase', 'sslmode=prefer&supa=base-pooler.x&pgbouncer=true&schema=SCHEMA'],
    ['Neon', 'sslmode=prefer&channel_binding=require&schema=SCHEMA'],
    ['pg', 'ssl=false&max=3&idleTimeoutMillis=1000&schema=SCHEMA'],
  ])('the URL of %s serves', async (_, query) => {
    const place = new Place(account as NonNullable<typeof account>)
    const schema = newName('s')
    await place.admin.query(`CREATE SCHEMA ${schema}`)
    onTestFinished(() => void place.admin.query(`DROP SCHEMA ${schema} CASCADE`))
    const connectionString = `postgres://${user}:${password}@${host}:${port}/${database}?${query.replace('SCHEMA', schema)}`
    const store = await place.open({ connectionString, createTable: true })
    expect(await store.load(newId())).toBeUndefined()
    const tables = await place.rows('SELECT tablename FROM pg_tables WHERE schemaname = $1', [schema])
    expect(tables).toHaveLength(1)
  })

  it.each(['no_such_setting=1', 'max_connections=5', 'work_mem=much'])(
    'a parameter that it refuses is an error of the configuration: %s',
    async query => {
      const place = new Place(account as NonNullable<typeof account>)
      const error = await place.open({ ...place.config, connectionString: query }).catch(error => error)
      expect(error).toMatchObject({
        code: 'ERR_CONFIG',
        message: expect.stringMatching(/does not take a parameter of the connection string/),
      })
    },
  )
})
