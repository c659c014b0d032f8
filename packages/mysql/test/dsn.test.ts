import { isSessionError } from '@sess/core/engine'
import { expect, it } from 'vitest'
import { parseDsn } from '../src/lib/dsn.ts'
import { parseGoDuration } from '../src/lib/go-duration.ts'
import { readConfig } from '../src/lib/mysql-config.ts'

const local = { host: '127.0.0.1', port: 3306 }

it.each([
  // The examples of go-sql-driver's own documents.
  ['user@unix(/path/to/socket)/dbname', { user: 'user', socketPath: '/path/to/socket', database: 'dbname' }],
  [
    'root:pw@unix(/tmp/mysql.sock)/myDatabase?loc=Local',
    { user: 'root', password: 'pw', socketPath: '/tmp/mysql.sock', database: 'myDatabase' },
  ],
  [
    'user:password@tcp(localhost:5555)/dbname?tls=skip-verify&autocommit=true',
    {
      user: 'user',
      password: 'password',
      host: 'localhost',
      port: 5555,
      database: 'dbname',
      ssl: { rejectUnauthorized: false },
    },
  ],
  [
    'user:password@tcp([de:ad:be:ef::ca:fe]:80)/dbname?timeout=90s&collation=utf8mb4_unicode_ci',
    {
      user: 'user',
      password: 'password',
      host: 'de:ad:be:ef::ca:fe',
      port: 80,
      database: 'dbname',
      connectTimeout: 90_000,
      charset: 'utf8mb4_unicode_ci',
    },
  ],
  [
    'id:password@tcp(your-amazonaws-uri.com:3306)/dbname',
    { user: 'id', password: 'password', host: 'your-amazonaws-uri.com', port: 3306, database: 'dbname' },
  ],
  [
    'user:password@tcp/dbname?charset=utf8mb4,utf8&sys_var=esc%40ped',
    { user: 'user', password: 'password', ...local, database: 'dbname', charset: 'utf8mb4' },
  ],
  ['user:password@/dbname', { user: 'user', password: 'password', ...local, database: 'dbname' }],
  ['user:password@/', { user: 'user', password: 'password', ...local }],
  // The form of the spec.
  [
    'username:password@tcp(address)/dbname?param=value',
    { user: 'username', password: 'password', host: 'address', port: 3306, database: 'dbname' },
  ],
  ['/dbname', { ...local, database: 'dbname' }],
  ['/', local],
  ['@/dbname', { ...local, database: 'dbname' }],
  ['user@/dbname', { user: 'user', ...local, database: 'dbname' }],
  ['user:@/dbname', { user: 'user', password: '', ...local, database: 'dbname' }],
  // A password needs no escapes.
  ['user:p@ss(word)@tcp(h:1)/d', { user: 'user', password: 'p@ss(word)', host: 'h', port: 1, database: 'd' }],
  ['user:p@/ssword@/d', { user: 'user', password: 'p@/ssword', ...local, database: 'd' }],
  [
    'user:a:b:c%2F?x@tcp(h)/d',
    { user: 'user', password: 'a:b:c%2F?x', host: 'h', port: 3306, database: 'd' },
  ],
  ['unix/d', { socketPath: '/tmp/mysql.sock', database: 'd' }],
  [
    'user:pw@unix(/var/run/a(b).sock)/d',
    { user: 'user', password: 'pw', socketPath: '/var/run/a(b).sock', database: 'd' },
  ],
  ['tcp(::1)/d', { host: '::1', port: 3306, database: 'd' }],
  ['tcp([::1])/d', { host: '::1', port: 3306, database: 'd' }],
  ['tcp6([::1]:3307)/d', { host: '::1', port: 3307, database: 'd' }],
  ['tcp(:3307)/d', { host: '127.0.0.1', port: 3307, database: 'd' }],
  ['/dbname%2Fwithslash', { ...local, database: 'dbname/withslash' }],
  // What does something.
  [
    '/d?tls=true',
    { host: 'h', port: 3306, ssl: { rejectUnauthorized: true, verifyIdentity: true } },
    'tcp(h)',
  ],
  ['/d?tls=false', { ...local, database: 'd' }],
  ['/d?compress=true', { ...local, database: 'd', compress: true }],
  ['/d?charset=nonsense,utf8', { ...local, database: 'd', charset: 'utf8' }],
  ['/d?charset=utf8&collation=latin1_swedish_ci', { ...local, database: 'd', charset: 'latin1_swedish_ci' }],
  ['/d?allowCleartextPasswords=1', { ...local, database: 'd', enableCleartextPlugin: true }],
  [
    '/d?connectionAttributes=program:shop%2Cversion:1:2',
    { ...local, database: 'd', connectAttributes: { program: 'shop', version: '1:2' } },
  ],
  // What is about Go, or about what no session needs.
  [
    '/d?parseTime=true&loc=US%2FPacific&multiStatements=true&columnsWithAlias=true&allowAllFiles=true&clientFoundRows=false&maxAllowedPacket=0&rejectReadOnly=true&checkConnLiveness=false&timeTruncate=1us&tinyInt1IsBool=false&allowNativePasswords=true&allowOldPasswords=false',
    { ...local, database: 'd' },
  ],
])('reads %s', (dsn, options, address = '') => {
  expect(parseDsn(address + dsn).options).toEqual({ ...(address && { database: 'd' }), ...options })
})

it('reads what is no option of the driver', () => {
  expect(parseDsn('/d?interpolateParams=true')).toMatchObject({ prepared: false })
  expect(parseDsn('/d?readTimeout=2s&writeTimeout=1.5s')).toMatchObject({ callLimit: 1500 })
  expect(parseDsn('/d?readTimeout=0')).not.toHaveProperty('callLimit')
  expect(parseDsn('/d?tls=preferred')).toMatchObject({
    mayBePlain: true,
    options: { ssl: { rejectUnauthorized: false } },
  })
  expect(parseDsn('/d?tls=skip-verify&allowFallbackToPlaintext=true')).toMatchObject({ mayBePlain: true })
  expect(parseDsn(`/d?time_zone=%27Europe%2FParis%27&a=1&sql_mode='ANSI'&a=2`).variables).toEqual([
    `time_zone='Europe/Paris'`,
    `sql_mode='ANSI'`,
    'a=2',
  ])
})

it.each([
  ['user:secret@tcp(127.0.0.1:3306)', /the \/ before the name of the database is missing/],
  ['user:secret@tcp(127.0.0.1:3306/app', /the address has no closing bracket/],
  ['user:secret@tcp(h)/app?loc=US/Pacific', /\/ in a parameter that must be %2F/],
  ['user:secret@udp(h)/app', /protocol that is not known here; it must be tcp or unix/],
  ['user:secret@tcp(h:port)/app', /address that is not host:port, e\.g\. 'tcp\(127\.0\.0\.1:3306\)'/],
  ['user:secret@tcp(h:99999)/app', /address that is not host:port/],
  ['user:secret@/a%ZZ', /name of a database with a % that begins no escape/],
  ['user:secret@/app?tls=custom', /'tls' must be true, false, skip-verify or preferred.*ssl: \{ ca \}/],
  ['user:secret@/app?timeout=5', /'timeout' must be a duration with a unit, e\.g\. 'timeout=3s'/],
  ['user:secret@/app?parseTime=yes', /'parseTime' must be true or false/],
  ['user:secret@/app?allowOldPasswords=true', /'allowOldPasswords=true' cannot be had/],
  ['user:secret@/app?allowNativePasswords=false', /'allowNativePasswords=false' cannot be had/],
  ['user:secret@/app?serverPubKey=mine', /'serverPubKey' names a key that a Go program registered/],
  ['user:secret@/app?strict=true', /'strict' is no parameter any more/],
  ['user:secret@/app?charset=nonsense', /'charset' names none that mysql2 knows, e\.g\. 'charset=utf8mb4'/],
  ['user:secret@/app?autocommit=0', /'autocommit' must be true/],
  ['user:secret@/app?a-b=1', /a name that is none of a system variable/],
  ['user:secret@/app?sql_mode=', /the system variable 'sql_mode' has no value/],
  ['user:secret@/app?sql_mode=%zz', /the value of 'sql_mode' has a % that begins no escape/],
])('says what is wrong with %s', (dsn, message) => {
  const error = errorOf(() => parseDsn(dsn))
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain('user:secret')
})

it.each([
  ['0', 0],
  ['30s', 30_000],
  ['0.5m', 30_000],
  ['1m30s', 90_000],
  ['1h', 3_600_000],
  ['1.5h10ms', 5_400_010],
  ['100us', 0.1],
  ['.5s', 500],
  ['', undefined],
  ['5', undefined],
  ['-5s', undefined],
  ['5 s', undefined],
  ['s', undefined],
  ['1d', undefined],
])('takes the duration %j for %j', (text, duration) => {
  expect(parseGoDuration(text)).toBe(duration)
})

it.each([
  [
    'mysql://us%40er:p%2Fa%40ss@db.example.com/app?connectionLimit=3&ssl={"rejectUnauthorized":false}',
    {
      host: 'db.example.com',
      user: 'us@er',
      password: 'p/a@ss',
      database: 'app',
      connectionLimit: 3,
      ssl: { rejectUnauthorized: false },
    },
  ],
  ['mysql://root@[::1]:3307/app', { host: '::1', port: 3307, user: 'root', database: 'app' }],
  ['mariadb://h/app?charset=utf8mb4', { host: 'h', database: 'app', charset: 'utf8mb4' }],
])('reads the URL %s', (uri, options) => {
  expect(readConfig(uri).pool).toMatchObject({ options })
})

it('lets options win over what the uri says', () => {
  const { pool } = readConfig({ uri: 'a:b@tcp(h:1)/d', database: 'other', connectionLimit: 2 })
  expect(pool).toMatchObject({
    options: { host: 'h', port: 1, user: 'a', database: 'other', connectionLimit: 2 },
  })
})

it('takes certificates beside a uri that says tls=true, and goes on to check the name', () => {
  const { pool } = readConfig({ uri: 'a:b@tcp(db.example.com)/d?tls=true', ssl: { ca: 'ca' } })
  const ssl = { ca: 'ca', verifyIdentity: true, rejectUnauthorized: true }
  expect(pool).toMatchObject({ options: { ssl } })
})

it('refuses to check the name of a number', () => {
  for (const config of [
    'a@tcp(10.0.0.1)/d?tls=true',
    { host: '::1', user: 'a', ssl: { verifyIdentity: true } },
  ])
    expect(errorOf(() => readConfig(config)).message).toMatch(
      /'tls=true' and 'verifyIdentity' check .* write the name/,
    )
})

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('There was no error')
}
