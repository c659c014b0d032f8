import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { isSessionError } from '@sess/core/engine'
import { PostgresStore } from '@sess/postgres'
import { noServer, type SqlServer, startPostgres } from '@sess/testing'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Authority, type Certificate } from './support/authority.ts'
import { TestClock } from './support/place.ts'

const definition = `CREATE TABLE session (
  session_key char(64) PRIMARY KEY, session_data bytea NOT NULL, session_expiry bigint NOT NULL
)`

describe.skipIf(await noServer('postgres'))('TLS', () => {
  const authority = new Authority('authority of the tests')
  const stranger = new Authority('somebody else')
  const hba = authority.root.replace('ca.pem', 'hba')
  let server: SqlServer
  let elsewhere: SqlServer
  let plain: SqlServer
  let warnings: Error[] = []
  const noteWarning = (warning: Error) => warnings.push(warning)

  beforeAll(async () => {
    letIn('host')
    // The first is installed; the others are copies.
    server = await startWith(authority.issue('localhost'), '-c', `hba_file=${hba}`)
    ;[elsewhere, plain] = await Promise.all([startWith(authority.issue('db.internal')), startPostgres()])
    for (const each of [server, elsewhere, plain])
      await admin(
        each,
        'CREATE ROLE pqgotest LOGIN PASSWORD $$password$$',
        'CREATE DATABASE pqgotest OWNER pqgotest',
      )
    for (const each of [server, elsewhere, plain]) {
      const pool = new Pool({
        ...accountOf(each),
        user: 'pqgotest',
        password: 'password',
        database: 'pqgotest',
      })
      await pool.query(definition)
      await pool.end()
    }
    process.on('warning', noteWarning)
  })

  afterAll(async () => {
    process.off('warning', noteWarning)
    await Promise.all([server, elsewhere, plain].map(each => each?.close()))
    for (const each of [authority, stranger]) each.remove()
  })

  /** Which hosts the server lets in, from now on or after a reload. */
  function letIn(kind: 'host' | 'hostssl'): void {
    writeFileSync(
      hba,
      `local all all trust\n${kind} all all all scram-sha-256\nhost all sess all scram-sha-256\n`,
    )
    warnings = []
  }

  const spec = (port: number, parameters: string) =>
    `postgres://pqgotest:password@localhost:${port}/pqgotest?${parameters}`

  /** Whether its connection is encrypted. */
  async function open(at: SqlServer, parameters: string, config: object = {}): Promise<boolean> {
    const connectionString = spec(at.port, `${parameters}&application_name=tls`)
    const store = await PostgresStore.open({ connectionString, ...config }, { clock: new TestClock() })
    onTestFinished(() => store.close())
    const [row] = await admin(
      at,
      'SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $$tls$$ ORDER BY backend_start DESC',
    )
    return (row as { ssl: boolean }).ssl
  }

  async function problem(at: SqlServer, parameters: string, config: object = {}): Promise<string> {
    const error = await open(at, parameters, config).catch(error => error)
    expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
    expect(error.message).not.toContain('password@')
    return error.message
  }

  const trusting = `sslmode=verify-full&sslrootcert=${authority.root}`

  it('is had with sslmode=verify-full and a certificate of that authority for that host', async () => {
    expect(await open(server, trusting)).toBe(true)
    expect(
      await open(server, 'sslmode=verify-full', { ssl: { ca: readFileSync(authority.root, 'utf8') } }),
    ).toBe(true)
  })

  it('is had with the string of the documents, word for word, when the process trusts the authority', async () => {
    const config = 'postgres://pqgotest:password@localhost/pqgotest?sslmode=verify-full'
    expect(await visit(config, { NODE_EXTRA_CA_CERTS: authority.root })).toEqual(['visited', ''])
    expect(await visit(config, { PGSSLROOTCERT: authority.root })).toEqual(['visited', ''])
    expect(await visit(config, {})).toEqual([expect.stringMatching(/^ERR_CONFIG .*is not accepted/), ''])
  })

  it('is refused with sslmode=verify-full and the certificate of another host', async () => {
    const message = await problem(elsewhere, trusting)
    expect(message).toMatch(
      /at localhost:\d+ the server's certificate is not accepted.*ERR_TLS_CERT_ALTNAME_INVALID/,
    )
  })

  it('is refused with sslmode=verify-full and the certificate of an unknown authority', async () => {
    expect(await problem(server, 'sslmode=verify-full')).toMatch(
      /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/,
    )
    expect(await problem(server, `sslmode=verify-full&sslrootcert=${stranger.root}`)).toMatch(/not accepted/)
  })

  it('asks for the authority but not for the name with sslmode=verify-ca', async () => {
    expect(await open(elsewhere, `sslmode=verify-ca&sslrootcert=${authority.root}`)).toBe(true)
    expect(await problem(elsewhere, `sslmode=verify-ca&sslrootcert=${stranger.root}`)).toMatch(/not accepted/)
    expect(await open(elsewhere, `sslmode=require&sslrootcert=${authority.root}`)).toBe(true)
    expect(await problem(elsewhere, `sslmode=require&sslrootcert=${stranger.root}`)).toMatch(/not accepted/)
  })

  it('asks for nothing with sslmode=require, but for TLS', async () => {
    expect(await open(elsewhere, 'sslmode=require')).toBe(true)
    expect(await problem(plain, 'sslmode=require')).toMatch(/the server has no TLS. Switch it on/)
    expect(await problem(plain, trusting)).toMatch(/the server has no TLS/)
  })

  it('is had with sslmode=prefer, and without any, where there is TLS', async () => {
    expect(await open(server, 'sslmode=prefer')).toBe(true)
    expect(await open(server, '')).toBe(true)
    expect(await open(plain, 'sslmode=prefer')).toBe(false)
    expect(await open(plain, '')).toBe(false)
  })

  it('is not had with sslmode=disable, and with sslmode=allow where it must be', async () => {
    expect(await open(server, 'sslmode=disable')).toBe(false)
    expect(await open(server, 'sslmode=allow')).toBe(false)
    letIn('hostssl')
    await admin(server, 'SELECT pg_reload_conf()')
    await vi.waitFor(() => expect(problem(server, 'sslmode=disable')).resolves.toMatch(/pg_hba/), 5000)
    expect(await open(server, 'sslmode=allow')).toBe(true)
  })

  it('brings no warning of the driver', () => {
    expect(warnings).toEqual([])
  })

  /** What a process says that has a session with this config, and of what it is warned. */
  async function visit(config: string, env: Record<string, string>): Promise<[string, string]> {
    const program = `
      import { newManager } from '@sess/core'
      import '@sess/postgres'
      try {
        const manager = await newManager('postgresql', { providerConfig: ${JSON.stringify(config)} })
        const session = await manager.sessionStart(new Request('http://localhost/'), new Headers())
        session.set('name', 'astaxie')
        await session.sessionRelease()
        await manager.close()
        console.log('visited')
      } catch (error) {
        console.log(error.code, error.message)
      }`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: new URL('..', import.meta.url),
      env: { ...process.env, NODE_OPTIONS: '', PGPORT: String(server.port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [said, warned] = await Promise.all([text(child.stdout), text(child.stderr)])
    return [said.trim(), warned]
  }
})

function startWith({ certificate, key }: Certificate, ...args: string[]): Promise<SqlServer> {
  const files = [`ssl_cert_file=${certificate}`, `ssl_key_file=${key}`]
  return startPostgres({ args: ['ssl=on', ...files].flatMap(each => ['-c', each]).concat(args) })
}

function accountOf({ host, port, user, password, database }: SqlServer) {
  return { host, port, user, password, database }
}

/** The rows of the last statement. */
async function admin(server: SqlServer, ...statements: string[]): Promise<unknown[]> {
  const pool = new Pool(accountOf(server))
  try {
    let rows: unknown[] = []
    for (const statement of statements) rows = (await pool.query(statement)).rows
    return rows
  } finally {
    await pool.end()
  }
}
