import { isSessionError } from '@sess/core/engine'
import { describe, expect, it, vi } from 'vitest'
import { type OwnPool, readConfig } from '../src/lib/postgres-config.ts'

/** What `pg` is told. */
function told(config: unknown): OwnPool['options'] {
  vi.stubEnv('PGUSER', 'me')
  return (readConfig(config).pool as OwnPool).options
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

describe('a connection string', () => {
  it.each([
    [
      'postgres://pqgotest:password@localhost/pqgotest?sslmode=verify-full',
      { user: 'pqgotest', password: 'password', host: 'localhost', port: 5432, database: 'pqgotest' },
    ],
    ['postgresql://u@db.internal:6432/app', { user: 'u', host: 'db.internal', port: 6432, database: 'app' }],
    ['postgres://u:p%40%2F%3F%23ss@h/a%20b', { password: 'p@/?#ss', database: 'a b' }],
    ['postgres://u:p@ss:word@h/app', { user: 'u', password: 'p@ss:word', host: 'h' }],
    ['postgres://[::1]:5433/app', { host: '::1', port: 5433, user: 'me' }],
    ['postgres://u:p@/app?host=/var/run/postgresql', { host: '/var/run/postgresql', database: 'app' }],
    ['postgres://%2Fvar%2Frun/app', { host: '/var/run' }],
    ['postgres:///app', { host: 'localhost', database: 'app' }],
    [
      'postgres://h/app?user=u&port=5433&application_name=my+app',
      { user: 'u', port: 5433, application_name: 'my app' },
    ],
    [
      'user=pqgotest password=password dbname=pqgotest sslmode=verify-full',
      { user: 'pqgotest', password: 'password', host: 'localhost', port: 5432, database: 'pqgotest' },
    ],
    [
      String.raw`user = 'a b' password='it\'s \\ here' host=/tmp`,
      { user: 'a b', password: String.raw`it's \ here`, host: '/tmp' },
    ],
    [String.raw`user=space\ man dbname=''`, { user: 'space man', database: '' }],
    ["  host=h\n\tport='5433'  ", { host: 'h', port: 5433 }],
    ['dbname=a=b', { database: 'a=b' }],
    ['connect_timeout=3', { connectionTimeoutMillis: 3000 }],
    ['keepalives=0', { keepAlive: false }],
    ['keepalives_idle=60', { keepAlive: true, keepAliveInitialDelayMillis: 60_000 }],
    [
      'application_name=a fallback_application_name=b',
      { application_name: 'a', fallback_application_name: 'b' },
    ],
    ['sslnegotiation=direct sslmode=require', { sslnegotiation: 'direct' }],
    [
      'client_encoding=UTF8 binary_parameters=no disable_prepared_binary_result=yes target_session_attrs=read-write',
      {},
    ],
  ])('%s', (text, expected) => {
    expect(told(text)).toMatchObject(expected)
  })

  it('hands settings of the server to the server', () => {
    const { options } = told(
      String.raw`search_path='app, public' options='-c geqo=off' work_mem=64MB TimeZone=a\\b`,
    )
    expect(options).toBe(
      String.raw`-c geqo=off -c search_path=app,\ public -c work_mem=64MB -c TimeZone=a\\b`,
    )
  })

  it('is not prepared with binary_parameters, which lib/pq has for PgBouncer', () => {
    expect(readConfig('binary_parameters=yes').prepared).toBe(false)
    expect(readConfig({ connectionString: 'binary_parameters=yes', prepared: true }).prepared).toBe(true)
    expect(readConfig('').prepared).toBe(true)
  })

  it('is one object with the options beside it, which win', () => {
    const config = {
      connectionString: 'postgres://u:p@h/app?connect_timeout=3',
      user: 'other',
      max: 3,
      lock_timeout: 9,
    }
    expect(told(config)).toEqual({
      user: 'other',
      password: 'p',
      host: 'h',
      port: 5432,
      database: 'app',
      max: 3,
      lock_timeout: 9,
      keepAlive: true,
      connectionTimeoutMillis: 3000,
    })
  })

  it('goes over the environment', () => {
    vi.stubEnv('PGHOST', 'env.internal')
    vi.stubEnv('PGPORT', '5499')
    vi.stubEnv('PGDATABASE', 'envdb')
    vi.stubEnv('PGPASSWORD', 'envpw')
    vi.stubEnv('PGAPPNAME', 'envapp')
    vi.stubEnv('PGOPTIONS', '-c geqo=off')
    vi.stubEnv('PGCONNECT_TIMEOUT', '2')
    expect(told('postgres://h/app')).toMatchObject({
      host: 'h',
      port: 5499,
      user: 'me',
      database: 'app',
      password: 'envpw',
      application_name: 'envapp',
      options: '-c geqo=off',
      connectionTimeoutMillis: 2000,
    })
    expect(told('')).toMatchObject({ host: 'env.internal', database: 'envdb' })
    expect(told({ host: 'o' })).toMatchObject({ host: 'o', database: 'envdb' })
    vi.unstubAllEnvs()
  })

  it.each([
    ['postgres://u:secret#@h/app', /cannot be read.*%2F, %3F, %23/],
    ['postgres://u:secret%zz@h/app', /a % is the start of an escape/],
    ['mysql://u:secret@h/app', /write it as postgres:\/\//],
    ['postgres://u:secret@h1:5432,h2:5432/app', /connects to one host/],
    ['host=h1,h2 password=secret', /connects to one host/],
    ['just a secret', /or as host=/],
    ["password='secret", /cannot be read/],
    ['port=secret', /port must be a whole number up to 65535/],
    ['postgres://u:secret@h:99999/app', /port must be/],
    ['connect_timeout=-1', /connect_timeout must be/],
    ['sslmode=secret', /sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full/],
    ['sslnegotiation=secret', /sslnegotiation must be postgres or direct/],
    ['client_encoding=latin1', /client_encoding must be UTF8/],
    ['target_session_attrs=standby', /target_session_attrs must be read-write/],
    ['hostaddr=10.0.0.1', /has no parameter hostaddr/],
    ['krbsrvname=secret', /has no parameter krbsrvname/],
    ['passfile=secret', /has no parameter passfile/],
    ['-c=secret', /a parameter whose name is none/],
    ['sslcert=a.pem', /sslcert and sslkey go together/],
    ['sslrootcert=/none.pem sslmode=verify-full', /the file of sslrootcert cannot be read: \/none\.pem/],
    ['sslrootcert=system sslmode=require', /sslrootcert=system needs sslmode=verify-full/],
  ])('says what is wrong with %s', (text, message) => {
    expect(problemOf(text)).toMatch(message)
    expect(problemOf(text)).not.toContain('secret')
  })
})

describe('sslmode', () => {
  const tlsOf = (config: unknown) => (readConfig(config).pool as OwnPool).tls
  const unverified = { rejectUnauthorized: false }
  const anyName = { checkServerIdentity: expect.any(Function) }
  const inline = 'sslinline=true sslrootcert=CA'

  it.each([
    ['sslmode=disable', [false]],
    ['sslmode=allow', [false, unverified]],
    ['sslmode=prefer', [unverified, false]],
    ['', [unverified, false]],
    ['sslmode=require', [unverified]],
    [`sslmode=require ${inline}`, [{ ...anyName, ca: 'CA' }]],
    [`sslmode=verify-ca ${inline}`, [{ ...anyName, ca: 'CA' }]],
    ['sslmode=verify-full', [{}]],
    [`sslmode=verify-full ${inline}`, [{ ca: 'CA' }]],
    ['sslrootcert=system', [{}]],
    ['sslmode=verify-full sslinline=1 sslcert=CERT sslkey=KEY', [{ cert: 'CERT', key: 'KEY' }]],
    ['sslmode=verify-full host=/tmp', [false]],
    [{ ssl: true }, [true]],
    [{ ssl: false }, [false]],
    [{ ssl: { ca: 'CA' } }, [{ ca: 'CA' }]],
    [{ connectionString: 'sslmode=verify-full', ssl: { ca: 'CA' } }, [{ ca: 'CA' }]],
    [{ connectionString: 'sslmode=require', ssl: { ca: 'CA' } }, [{ ...anyName, ca: 'CA' }]],
    [{ connectionString: 'sslmode=verify-full', ssl: true }, [{}]],
  ])('%j', (config, expected) => {
    expect(tlsOf(config)).toEqual(expected)
  })

  it('comes from the environment when the string says nothing', () => {
    vi.stubEnv('PGSSLMODE', 'verify-full')
    expect(tlsOf('')).toEqual([{}])
    expect(tlsOf({ host: 'h' })).toEqual([{}])
    expect(tlsOf('sslmode=disable')).toEqual([false])
    expect(tlsOf({ ssl: false })).toEqual([false])
    vi.unstubAllEnvs()
  })

  it('and an ssl that contradicts it are refused', () => {
    expect(problemOf({ connectionString: 'sslmode=verify-full', ssl: false })).toMatch(
      /leave out one of them/,
    )
    expect(problemOf({ connectionString: 'sslmode=disable', ssl: { ca: 'CA' } })).toMatch(
      /leave out one of them/,
    )
  })
})
