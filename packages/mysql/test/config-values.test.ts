import { isSessionError } from '@sess/core/engine'
import { noService, service } from '@sess/testing'
import mysql2 from 'mysql2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseGoDuration } from '../src/lib/go-duration.ts'
import { type OwnPool, readConfig } from '../src/lib/mysql-config.ts'
import { newId, Place } from './support/place.ts'

const isMissing = await noService('mysql')

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

const unverified = { rejectUnauthorized: false }
const verified = { rejectUnauthorized: true }
const named = { rejectUnauthorized: true, verifyIdentity: true }

describe.each([
  ['a URL', 'mysql://u:p@db.example.com/app?'],
  ['a DSN', 'u:p@tcp(db.example.com)/app?'],
])('%s as an ORM, a hoster or another driver has it', (_, start) => {
  it.each([
    ['ssl=true', verified],
    ['ssl=1', verified],
    ['useSSL=true', verified],
    ['ssl=false', undefined],
    ['ssl=0', undefined],
    ['sslaccept=strict', named],
    ['sslaccept=accept_invalid_certs', unverified],
    ['ssl-mode=REQUIRED', unverified],
    ['ssl-mode=DISABLED', undefined],
    ['ssl_mode=VERIFY_CA', verified],
    ['sslMode=VERIFY_IDENTITY', named],
    ['sslmode=require', unverified],
    ['sslmode=verify-full', named],
    ['sslmode=no-verify', unverified],
    ['sslmode=disable', undefined],
  ])('says of TLS: %s', (query, ssl) => {
    expect(own(start + query).options.ssl).toEqual(ssl)
    expect(own(start + query).mayBePlain).toBe(false)
  })

  it('goes on without TLS where it prefers it', () => {
    for (const query of ['sslmode=prefer', 'ssl-mode=PREFERRED'])
      expect(own(start + query)).toMatchObject({ mayBePlain: true, options: { ssl: unverified } })
  })

  it('says of the pool', () => {
    const query = 'connection_limit=5&connect_timeout=3&pool_timeout=10&socket_timeout=5&reconnect=true'
    expect(own(start + query)).toMatchObject({
      options: { connectionLimit: 5, connectTimeout: 3000 },
      variables: [],
    })
    expect(readConfig(`${start}statement_cache_size=0`).prepared).toBe(false)
    expect(readConfig(`${start}statement_cache_size=100`).prepared).toBe(true)
  })

  it.each([
    ['ssl=maybe', /'ssl' must be true or false/],
    ['ssl-mode=maybe', /'ssl-mode' must be one of disabled, preferred, required, verify-ca/],
    ['sslmode=constructor', /'sslmode' must be one of/],
    ['sslaccept=maybe', /'sslaccept' must be strict or accept_invalid_certs/],
    ['connection_limit=many', /'connection_limit' must be a whole number/],
    ['sslcert=ca.pem', /'sslcert' names a file; write \{ uri: '…', ssl: \{ ca/],
    ['ssl-ca=ca.pem', /'ssl-ca' names a file/],
  ])('or not: %s', (query, message) => {
    expect(problemOf(start + query)).toMatch(message)
  })
})

describe('a URL', () => {
  it.each([
    ['ssl={"rejectUnauthorized":true}', { ssl: { rejectUnauthorized: true } }],
    ['ssl=%7B%22rejectUnauthorized%22%3Afalse%7D', { ssl: { rejectUnauthorized: false } }],
    ['connectionLimit=5&charset=utf8mb4', { connectionLimit: 5, charset: 'utf8mb4' }],
  ])('may have what mysql2 takes: %s', (query, options) => {
    expect(own(`mysql://u:p@h/app?${query}`).options).toMatchObject(options)
  })
})

describe('an object', () => {
  it.each([
    [{ url: 'mysql://h/app' }, /unknown field 'url': write 'uri'/],
    [{ connectionString: 'mysql://h/app' }, /unknown field 'connectionString': write 'uri'/],
    [{ username: 'u', host: 'h' }, /unknown field 'username': write 'user'/],
    [{ host: 'h', poolSize: 5 }, /unknown field 'poolSize': write 'connectionLimit'/],
    [{ host: 'h', port: 'secret' }, /'port' must be a number/],
    [{ host: 'h', port: '99999' }, /'port' must be a number up to 65535/],
    [{ host: 'h', connectionLimit: '' }, /'connectionLimit' must be a number/],
    [new Map([['host', 'h']]), /is an instance of 'Map'/],
    [new URL('mysql://u:secret@h/app'), /is an instance of 'URL'/],
    [() => 'mysql://h/app', /is a function/],
    [mysql2.createPool({}).promise, /is a function/],
    [{ client: new Map() }, /'client' must be a pool of mysql2/],
    [{ client: { getConnection() {}, acquireConnection() {} } }, /is a pool of another driver/],
    [{ getConnection() {}, execute() {}, batch() {} }, /is a pool of another driver/],
  ])('is told what is wrong with it: %s', (config, message) => {
    expect(problemOf(config)).toMatch(message)
    expect(problemOf(config)).not.toContain('secret')
  })

  it('may have numbers as text', () => {
    const config = { host: 'h', port: '3307', connectionLimit: ' 7', connectTimeout: '1000' }
    expect(own(config).options).toMatchObject({ port: 3307, connectionLimit: 7, connectTimeout: 1000 })
  })
})

describe('a long string', () => {
  const n = 100_000
  it.each([
    ['colons', `a@tcp(${':'.repeat(n)}[)/d`],
    ['colons and digits', `a@tcp(${':1'.repeat(n / 2)}[)/d`],
    ['colons alone', `${':'.repeat(n)}/d`],
    ['brackets', `a@tcp(${'['.repeat(n)})/d`],
    ['brackets that close', `a@tcp([${']'.repeat(n)})/d`],
    ['round brackets', `a@tcp${'('.repeat(n)}/d`],
    ['round brackets that close', `a@tcp(${')'.repeat(n)}:/d`],
    ['at signs', `${'@'.repeat(n)}x/d`],
    ['slashes', `${'/'.repeat(n)}%`],
    ['digits', `a@tcp(h:${'1'.repeat(n)})/d`],
    ['digits of a duration', `a@tcp(h)/d?timeout=${'1'.repeat(n)}`],
    ['points of a duration', `a@tcp(h)/d?timeout=${'.1'.repeat(n / 2)}`],
    ['units of a duration', `a@tcp(h)/d?timeout=${'1s'.repeat(n / 2)}x`],
    ['parameters', `a@tcp(h)/d?${'a=1&'.repeat(n / 4)}tls=x`],
    ['attributes', `a@tcp(h)/d?connectionAttributes=${':'.repeat(n)}&tls=x`],
    ['charsets', `a@tcp(h)/d?charset=${','.repeat(n)}`],
    ['percents', `a@tcp(h)/${'%'.repeat(n)}`],
    ['at signs of a URL', `mysql://${'@'.repeat(n)}/d`],
    ['colons of a URL', `mysql://${':'.repeat(n)}`],
    ['parameters of a URL', `mysql://h/d?${'charset=1&'.repeat(n / 10)}sslmode=x`],
    ['letters', 'a'.repeat(n)],
  ])('of %s is refused before anybody notices', (_, text) => {
    const start = performance.now()
    expect(problemOf(text).length).toBeLessThan(1000)
    // What is quadratic takes a hundred times as long.
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it('of digits is a duration before anybody notices', () => {
    const start = performance.now()
    expect(parseGoDuration(`${'0'.repeat(n)}1s`)).toBe(1000)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

describe.skipIf(isMissing)('on a server', () => {
  it.each([
    'sslmode=prefer&connection_limit=2&pool_timeout=10',
    'ssl=false&reconnect=true&statement_cache_size=0',
    'ssl-mode=DISABLED&connect_timeout=5',
  ])('the URL with ?%s serves', async query => {
    const { host, port, user, password, database } = await service.mysql()
    const place = new Place({ host, port, user, password, database })
    const uri = `mysql://${user}:${password}@${host}:${port}/${database}?${query}`
    const store = await place.open({ uri, tableName: place.table, createTable: true })
    onTestFinished(() => store.close())
    expect(await store.load(newId())).toBeUndefined()
  })
})
