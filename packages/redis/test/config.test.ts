import { inspect } from 'node:util'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { describe, expect, it } from 'vitest'
import '@sess/redis'
import type { RedisEngineName } from '../src/lib/redis-config.ts'
import { readConfig } from '../src/lib/settings.ts'

async function errorOf(config: unknown, name: RedisEngineName = 'redis'): Promise<Error> {
  const error = await newManager(name, { providerConfig: config as string }).catch((error: unknown) => error)
  expect(isSessionError(error, 'ERR_CONFIG'), inspect(error)).toBe(true)
  return error as Error
}

describe('says what is wrong with', () => {
  it.each([
    [5, /must be '127\.0\.0\.1:6379,100,password', a URL .* or a client of ioredis/],
    [null, /must be/],
    [['127.0.0.1'], /must be/],
    [
      '127.0.0.1:6379,many',
      /'poolsize', field 2, must be a number, e\.g\. '127\.0\.0\.1:6379,100,password,0'/,
    ],
    ['127.0.0.1:6379,-1', /'poolsize', field 2, must be a number/],
    [
      '127.0.0.1:6379,100,pass,word',
      /'dbnum', field 4, must be a number.*A password with a comma goes into an object/,
    ],
    ['127.0.0.1:6379,100,,0,soon', /'idleTimeout', field 5, must be seconds/],
    ['127.0.0.1:6379,100,,0,1,x', /'idleCheck', field 6/],
    ['127.0.0.1:6379,100,,0,1,1,x', /'maxRetries', field 7/],
    [
      '127.0.0.1:6379,100,,0,1,1,1,1',
      /has 8 fields, and 'redis' takes at most 7: addr,poolsize,password,dbnum,/,
    ],
    ['127.0.0.1:port', /'addr' must be host:port, e\.g\. '127\.0\.0\.1:6379'/],
    ['127.0.0.1:99999', /'addr' must be host:port/],
    ['user:secret@127.0.0.1:6379', /'addr' must be host:port/],
    ['127.0.0.1:1;127.0.0.1:2', /names several servers.*newManager\('redis_cluster'/],
    ['{"save_path": "127.0.0.1:6379"', /looks like JSON and is not: write e\.g\. '\{ "save_path"/],
    ['{"save_paht": "127.0.0.1:6379"}', /has an unknown field; its fields are save_path, poolsize,/],
    ['{"save_path": 6379}', /'save_path' must be a string/],
    ['{"poolsize": "many"}', /'poolsize' must be a number/],
    ['{"idle_timeout": "3"}', /'idle_timeout' must be a duration such as "30s"/],
    ['redis://127.0.0.1:99999', /URL is not understood/],
    ['redis://', /URL (names no server|is not understood)/],
    ['http://127.0.0.1:6379', /URL is not understood; e\.g\. 'redis:\/\/user:password@127/],
    ['redis://127.0.0.1/one', /the database in its URL must be a number/],
    [
      'redis://127.0.0.1/?timeout=5',
      /a parameter other than 'db'.*\{ url: 'redis:\/\/127\.0\.0\.1:6379', connectTimeout: 2000 \}/,
    ],
    ['redis://:se%ret@127.0.0.1', /the password in its URL is not percent-encoded/],
    ['redis://a:1,redis://b:2', /names several servers/],
    ['unix://run/redis.sock', /URL names no server/],
    ['unix://', /URL (names no server|is not understood)/],
    [{ hots: 'a' }, /unknown field 'hots'; it must be/],
    [{ host: '' }, /'host' must be a name or an address, e\.g\./],
    [{ port: 0 }, /'port' must be 1 to 65535/],
    [{ db: -1 }, /'db' must be the number of a database/],
    [{ password: 5 }, /'password' must be a string/],
    [{ tls: true }, /'tls' must be options of tls\.connect, e\.g\. \{ tls: \{\} \}/],
    [{ prefix: 5 }, /'prefix' must be a string, e\.g\. \{ prefix: 'sess:id:' \}/],
    [{ prefix: '\ud800' }, /'prefix' must be a string/],
    [{ url: '127.0.0.1:6379' }, /'url' must be a URL/],
    [{ keyPrefix: 'a:' }, /'keyPrefix' is called 'prefix' here/],
    [
      { maxRetriesPerRequest: 3 },
      /'maxRetriesPerRequest' is set by the engine itself, so that no write is sent twice/,
    ],
    [{ enableOfflineQueue: true }, /'enableOfflineQueue' is set by the engine itself/],
    [{ role: 'slave' }, /'role' cannot be used: sessions are read from the master/],
    [{ sentinels: [] }, /'sentinels' belongs into 'sentinel', e\.g\. \{ sentinel:/],
    [{ client: {} }, /'client' must be a Redis or a Cluster of ioredis, e\.g\. \{ client: new Redis\(…\) \}/],
    [{ cluster: {} }, /'nodes' must be a list of addresses, e\.g\. \{ cluster:/],
    [{ cluster: { nodes: [] } }, /'nodes' must be a list/],
    [{ cluster: { nodes: ['a:b'] } }, /'nodes' must be host:port/],
    [
      { cluster: { nodes: ['redis://:secret@a:1'] } },
      /'nodes' must be addresses only; user, password and tls go beside/,
    ],
    [
      { cluster: { nodes: ['a:1'], scaleReads: 'slave' } },
      /'scaleReads' cannot be used: sessions are read from the master/,
    ],
    [{ cluster: { nodes: ['a:1'], retryDelayOnFailover: 1 } }, /'retryDelayOnFailover' is set by the engine/],
    [
      { cluster: { nodes: ['a:1'], redisOptions: {} } },
      /'redisOptions' is not needed: put these options beside 'cluster'/,
    ],
    [{ cluster: { nodes: ['a:1'], node: 1 } }, /unknown 'cluster' field 'node'/],
    [{ cluster: { nodes: ['a:1'] }, db: 1 }, /'db' must be left out, or 0: a cluster has no other database/],
    [{ cluster: { nodes: ['a:1'] }, host: 'b' }, /names a single server beside 'cluster'/],
    [{ cluster: { nodes: ['a:1'] }, sentinel: { sentinels: ['a:1'] } }, /needs one of its own kind/],
    [{ sentinel: { sentinels: 'a:1' } }, /'sentinels' must be a list of addresses/],
    [{ sentinel: { sentinels: ['a:1'], name: '' } }, /'name' must be what the sentinels call the master/],
    [{ sentinel: { sentinels: ['a:1'], nam: 'x' } }, /unknown 'sentinel' field 'nam'/],
  ])('%j', async (config, message) => {
    expect((await errorOf(config)).message).toMatch(message)
  })

  it.each([
    [
      'redis_cluster',
      '',
      /'addr' is missing; write e\.g\. '127\.0\.0\.1:6379;127\.0\.0\.1:6380,100,password'/,
    ],
    ['redis_cluster', 'a:1;b:2,100,password,3', /'db' must be left out, or 0/],
    [
      'redis_cluster',
      { host: 'a' },
      /'redis_cluster' needs one of its own kind, e\.g\. \{ cluster: \{ nodes:/,
    ],
    [
      'redis_cluster',
      'redis://a:1;rediss://b:2',
      /its URLs must all begin with redis:\/\/ or all with rediss:\/\//,
    ],
    [
      'redis_cluster',
      'redis://:one@a;redis://:two@b',
      /its URLs differ in 'password'; give it in one of them/,
    ],
    ['redis_cluster', 'unix:///run/redis.sock', /a cluster is not reached by a unix socket/],
    ['redis_sentinel', 'a:1,100,password,0,mymaster,x', /'idleTimeout', field 6, must be seconds/],
    [
      'redis_sentinel',
      { cluster: { nodes: ['a:1'] } },
      /'redis_sentinel' needs one of its own kind, e\.g\. \{ sentinel:/,
    ],
  ] as const)('%s %j', async (name, config, message) => {
    expect((await errorOf(config, name)).message).toMatch(message)
  })

  it('a password without showing it', async () => {
    for (const config of [
      '127.0.0.1:6379,100,secret,secret',
      'secret:secret@127.0.0.1',
      'redis://secret:secret@127.0.0.1:x',
      'redis://:secret@127.0.0.1/secret',
      '{ "password": "secret",',
      '{ "password": "secret", "poolsize": "secret" }',
      { url: 'redis://:secret@127.0.0.1/?a=1' },
      { password: 'secret', port: 0 },
    ])
      expect(inspect(await errorOf(config))).not.toContain('secret')
  })
})

describe('reads', () => {
  const read = (config: unknown, name: RedisEngineName = 'redis') => {
    const { prefix, ...settings } = readConfig(config, name)
    expect(prefix).toBe('sess:id:')
    return settings as { kind: string; options: Record<string, unknown>; nodes?: unknown; address: string }
  }
  const local = { host: '127.0.0.1', port: 6379 }

  it.each([
    ['', local],
    ['127.0.0.1:6379,100,astaxie', { ...local, password: 'astaxie' }],
    ['10.0.0.1:7000,100,,2,30,10,3', { host: '10.0.0.1', port: 7000, db: 2 }],
    [' redis , 100', { host: 'redis', port: 6379 }],
    [':7000', { host: '127.0.0.1', port: 7000 }],
    ['[::1]:7000', { host: '::1', port: 7000 }],
    ['127.0.0.1:6379,, a b ', { ...local, password: ' a b ' }],
    ['/run/redis.sock,100,astaxie,1', { path: '/run/redis.sock', password: 'astaxie', db: 1 }],
    [
      '{"SAVE_PATH": "10.0.0.1:7000", "poolsize": 100, "password": "a,b", "db_num": 3, "idle_timeout": "3m20s", "idle_check_frequency": "", "max_retries": 2}',
      { host: '10.0.0.1', port: 7000, password: 'a,b', db: 3 },
    ],
    ['redis://127.0.0.1', local],
    [
      'redis://us%40er:p%3Ass@10.0.0.1:7000/5',
      { host: '10.0.0.1', port: 7000, username: 'us@er', password: 'p:ss', db: 5 },
    ],
    ['rediss://[::1]?db=1', { host: '::1', port: 6379, tls: {}, db: 1 }],
    ['unix:///run/redis.sock?db=2', { path: '/run/redis.sock', db: 2 }],
    ['unix://:secret@localhost/run/re%20dis.sock', { path: '/run/re dis.sock', password: 'secret' }],
    [{}, local],
    [
      { url: 'redis://a:b@h:1/2', db: 3, connectTimeout: 5 },
      { host: 'h', port: 1, username: 'a', password: 'b', db: 3, connectTimeout: 5 },
    ],
    [{ path: '/run/redis.sock', tls: undefined }, { path: '/run/redis.sock' }],
  ])('%j', (config, options) => {
    expect(read(config)).toMatchObject({ kind: 'server' })
    expect(read(config).options).toEqual(options)
  })

  const nodes = [
    { host: 'a', port: 1 },
    { host: 'b', port: 6379 },
  ]

  it.each([
    ['a:1;b,100,astaxie,0', { password: 'astaxie' }],
    ['{"save_path": "a:1;b;"}', {}],
    ['redis://user:secret@a:1;redis://b', { username: 'user', password: 'secret' }],
    ['redis://a:1, redis://:secret@b', { password: 'secret' }],
    [{ cluster: { nodes: ['a:1', 'redis://b'] }, password: 'x', db: 0 }, { password: 'x' }],
    [
      { cluster: { nodes: [{ host: 'a', port: 1 }, { host: 'b' }] }, commandTimeout: 5 },
      { commandTimeout: 5 },
    ],
  ])('a cluster: %j', (config, redisOptions) => {
    expect(read(config, 'redis_cluster')).toEqual({
      kind: 'cluster',
      nodes,
      options: { redisOptions },
      address: 'a:1, b:6379',
    })
    if (typeof config === 'object') expect(read(config)).toEqual(read(config, 'redis_cluster'))
  })

  it('a cluster with TLS, whose certificates are for names', () => {
    const { options } = read('rediss://a:1;rediss://b', 'redis_cluster')
    expect(options).toMatchObject({ redisOptions: { tls: {} }, dnsLookup: expect.any(Function) })
  })

  const sentinels = [
    { host: 'a', port: 1 },
    { host: 'b', port: 26379 },
  ]

  it.each([
    ['a:1;b,100,1qaz2wsx,3,main', { name: 'main', password: '1qaz2wsx', db: 3 }],
    ['a:1;b,100,,,,30,10,3', { name: 'mymaster' }],
    ['{"save_path": "a:1;b", "master_name": "main", "idle_timeout": "30s"}', { name: 'main' }],
    ['redis://:secret@a:1/2?name=main;redis://b', { name: 'main', password: 'secret', db: 2 }],
    [
      { sentinel: { sentinels: ['a:1', 'b'], sentinelPassword: 's' }, db: 1 },
      { name: 'mymaster', db: 1, sentinelPassword: 's' },
    ],
  ])('sentinels: %j', (config, options) => {
    expect(read(config, 'redis_sentinel')).toEqual({
      kind: 'sentinel',
      options: { ...options, sentinels, enableTLSForSentinelMode: false, failoverDetector: false },
      address: 'sentinels a:1, b:26379',
      isWatching: true,
    })
    if (typeof config === 'object') expect(read(config)).toEqual(read(config, 'redis_sentinel'))
  })

  it('sentinels with TLS', () => {
    const tls = { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }
    expect(read('rediss://a:1;rediss://b', 'redis_sentinel').options).toMatchObject(tls)
  })
})
