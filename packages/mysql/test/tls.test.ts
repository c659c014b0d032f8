import { noServer, type SqlServer, startMariaDB } from '@sess/testing'
import type { PoolOptions } from 'mysql2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificates, makeCertificates } from './support/certificates.ts'
import { Place } from './support/place.ts'

describe.skipIf(await noServer('mysql'))('TLS', () => {
  let authority: Certificates
  let stranger: Certificates
  let server: SqlServer
  let elsewhere: Certificates
  let misnamed: SqlServer
  let plain: SqlServer

  const withTls = ({ files: { ca, cert, key } }: Certificates) =>
    startMariaDB({ args: [`--ssl-ca=${ca}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`] })

  beforeAll(async () => {
    authority = await makeCertificates('DNS:localhost')
    stranger = await makeCertificates('DNS:localhost')
    elsewhere = await makeCertificates('DNS:db.example.com')
    server = await withTls(authority)
    misnamed = await withTls(elsewhere)
    plain = await startMariaDB({ args: ['--skip-ssl'] })
  })
  afterAll(async () => {
    for (const each of [server, misnamed, plain]) await each?.close()
    for (const each of [authority, stranger, elsewhere]) await each?.remove()
  })

  const accepts = async (place: Place) =>
    Number((await place.rows(`SHOW GLOBAL STATUS LIKE 'Ssl_finished_accepts'`))[0]?.[1])

  /** How a store that is opened so speaks with the server, or what is wrong. */
  async function speaks(target: SqlServer, params: string, options: PoolOptions = {}): Promise<string> {
    const place = new Place(target)
    const { user, password, database } = place.account
    const before = await accepts(place)
    try {
      const uri = `${user}:${password}@tcp(localhost:${target.port})/${database}${params}`
      const store = await place.open({ uri, tableName: place.table, createTable: true, ...options })
      expect(await store.count(0)).toBe(0)
    } catch (error) {
      return (error as Error).message
    }
    return (await accepts(place)) > before ? 'TLS' : 'plain'
  }

  const refused = /the server's certificate is not accepted\. Give the one that signed it, ssl: \{ ca:/

  it('is used if the certificate is signed by the right authority, for the right name', async () => {
    const { ca } = authority
    expect(await speaks(server, '', { ssl: { ca } })).toBe('TLS')
    expect(await speaks(server, '?tls=true', { ssl: { ca, verifyIdentity: true } })).toBe('TLS')
    expect(await speaks(server, '', { ssl: { ca, verifyIdentity: true } })).toBe('TLS')
  })

  it('is refused if another authority signed it', async () => {
    expect(await speaks(server, '', { ssl: { ca: stranger.ca } })).toMatch(refused)
    expect(await speaks(server, '?tls=true')).toMatch(refused)
    expect(await speaks(server, '', { ssl: {} })).toMatch(refused)
  })

  it('is refused if the certificate is for another name, where the name is checked', async () => {
    const { ca } = elsewhere
    expect(await speaks(misnamed, '', { ssl: { ca } })).toBe('TLS')
    expect(await speaks(misnamed, '', { ssl: { ca, verifyIdentity: true } })).toMatch(refused)
  })

  it('is used without a look at the certificate if told so', async () => {
    expect(await speaks(server, '?tls=skip-verify')).toBe('TLS')
    expect(await speaks(server, '?tls=preferred')).toBe('TLS')
    expect(await speaks(server, '', { ssl: { rejectUnauthorized: false } })).toBe('TLS')
  })

  it('is not used if nobody asks for it', async () => {
    expect(await speaks(server, '')).toBe('plain')
    expect(await speaks(server, '?tls=false')).toBe('plain')
  })

  it('is missed, or done without, at a server that has none', async () => {
    expect(await speaks(plain, '?tls=skip-verify')).toMatch(/the server has no TLS/)
    expect(await speaks(plain, '?tls=preferred')).toBe('plain')
    expect(await speaks(plain, '?tls=skip-verify&allowFallbackToPlaintext=true')).toBe('plain')
  })
})
