import { inspect } from 'node:util'
import { newManager } from '@sess/core'
import '@sess/redis'
import { noService, service } from '@sess/testing'
import { checkSecrets } from '@sess/testkit'
import { Redis } from 'ioredis'
import { Client } from 'memjs'
import { createClient, createCluster } from 'redis'
import { describe, expect, it } from 'vitest'
import type { RedisEngineName } from '../src/lib/redis-config.ts'
import { readConfig } from '../src/lib/settings.ts'
import { disconnecting, newPrefix } from './support/place.ts'
import { use } from './support/start.ts'

const isMissing = await noService('redis')

class OwnClient {
  readonly host = '10.0.0.1'
  readonly port = 6379
}

describe('a config of the wrong kind is refused, and the error says what to pass', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['a client of node-redis', () => createClient(), /is an instance of '\w+'; it must be '127/],
    [
      'a cluster of node-redis',
      () => createCluster({ rootNodes: [] }),
      /is an instance of '\w+'; it must be/,
    ],
    ['a client of memjs', () => Client.create('127.0.0.1:1'), /is an instance of 'Client'; it must be/],
    ['a pipeline of ioredis', () => lazy().pipeline(), /is an instance of 'Pipeline'; it must be/],
    ['a promise of a client', () => Promise.resolve(lazy()), /is an instance of 'Promise'; it must be/],
    ['an instance of a class', () => new OwnClient(), /is an instance of 'OwnClient'; it must be/],
    ['a class', () => Redis, /is a function; it must be/],
    ['a map', () => new Map([['host', 'a']]), /is an instance of 'Map'; it must be/],
    ['a URL', () => new URL('redis://:s3cr3t@a'), /is an instance of 'URL'; it must be/],
    ['an array of nodes', () => ['redis://:s3cr3t@a'], /is an array; it must be/],
    ['a client of node-redis as client', () => ({ client: createClient() }), /'client' must be a Redis or/],
    ['nodes as a cluster', () => ({ cluster: ['a:1'] }), /'cluster' must be an object, e\.g\. \{ cluster:/],
    [
      'a map as sentinel',
      () => ({ sentinel: new Map() }),
      /'sentinel' must be an object, e\.g\. \{ sentinel:/,
    ],
    ['a map as tls', () => ({ tls: new Map() }), /'tls' must be options of tls\.connect/],
    ['a URL as host', () => ({ host: 'redis://:s3cr3t@a' }), /'host' must be a name or an address/],
  ])('%s', async (_, config, message) => {
    const error = await newManager('redis', { providerConfig: config() as string }).catch(error => error)
    expect(error).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(message) })
    expect(error.message).not.toContain('s3cr3t')
  })
})

function lazy(): Redis {
  return disconnecting(new Redis({ lazyConnect: true }))
}

describe('a number may be text', () => {
  it.each<[unknown, RedisEngineName, object]>([
    [{ port: '6411', db: '5' }, 'redis', { options: { host: '127.0.0.1', port: 6411, db: 5 } }],
    [{ port: ' 6411\n', connectTimeout: '50' }, 'redis', { options: { port: 6411, connectTimeout: 50 } }],
    [{ url: 'redis://a', db: '2' }, 'redis', { options: { host: 'a', db: 2 } }],
    ['{"save_path": "a:1", "db_num": "5", "poolsize": "7"}', 'redis', { options: { db: 5 } }],
    [
      { cluster: { nodes: [{ host: 'a', port: '7' }] }, db: '0' },
      'redis_cluster',
      { nodes: [{ host: 'a', port: 7 }] },
    ],
    [
      { cluster: { nodes: ['a'], slotsRefreshTimeout: '70' } },
      'redis_cluster',
      { options: { slotsRefreshTimeout: 70 } },
    ],
    [
      { sentinel: { sentinels: [{ host: 'a', port: '7' }], sentinelCommandTimeout: '70' }, db: '1' },
      'redis_sentinel',
      { options: { sentinels: [{ host: 'a', port: 7 }], sentinelCommandTimeout: 70, db: 1 } },
    ],
  ])('%j', (config, name, settings) => {
    expect(readConfig(config, name)).toMatchObject(settings)
  })

  it.each([
    [{ port: '' }, /'port' must be 1 to 65535/],
    [{ port: '70000' }, /'port' must be 1 to 65535/],
    [{ port: '6379x' }, /'port' must be 1 to 65535/],
    [{ db: '1.5' }, /'db' must be the number of a database/],
    [{ db: '-1' }, /'db' must be the number of a database/],
    [{ cluster: { nodes: [{ host: 'a', port: 'seven' }] } }, /'nodes' must be host:port/],
  ])('but not any text: %j', (config, message) => {
    expect(() => readConfig(config, 'redis')).toThrow(message)
  })

  it.skipIf(isMissing)('and works', async () => {
    const { host, port } = await service.redis()
    await use({ host, port: String(port), db: '1', prefix: newPrefix() })
  })
})

/** Fails with what a server's error would show. */
function show(config: unknown, name: RedisEngineName): never {
  const settings = readConfig(config, name)
  throw new Error('address' in settings ? settings.address : 'the given client')
}

describe('no part of a secret is in an error', () => {
  const strings = [
    'redis://app:{secret}@127.0.0.1:1/0',
    'redis://app:{secret}@127.0.0.1:1/x',
    'rediss://:{secret}@127.0.0.1:1?db=0',
    'redis://{secret}@127.0.0.1:1?db=x',
    'unix://:{secret}@localhost/run/redis.sock?db=x',
    '127.0.0.1:1,100,{secret}',
    '127.0.0.1:1,100,{secret},x',
    'app:{secret}@127.0.0.1:1',
    '{"save_path": "127.0.0.1:1", "password": "{secret}", "poolsize": 5}',
    '{"save_path": "127.0.0.1:1", "passwort": "{secret}"}',
  ]

  it.each<[RedisEngineName, unknown[]]>([
    [
      'redis',
      [
        ...strings,
        { url: 'redis://app:{secret}@127.0.0.1:1/x' },
        { host: 'app:{secret}@127.0.0.1', port: 1 },
        { host: '127.0.0.1', port: '{secret}' },
        { host: '127.0.0.1', port: 0, username: 'app', password: '{secret}' },
        { host: '127.0.0.1', password: ['{secret}'] },
        { path: 5, password: '{secret}' },
      ],
    ],
    [
      'redis_cluster',
      [
        ...strings,
        'redis://:{secret}@127.0.0.1:1;redis://:{secret}x@127.0.0.1:2',
        { cluster: { nodes: ['redis://:{secret}@127.0.0.1:1'] } },
        { cluster: { nodes: ['{secret}@127.0.0.1:1'] } },
        { cluster: { nodes: [] }, password: '{secret}' },
      ],
    ],
    [
      'redis_sentinel',
      [
        ...strings,
        '127.0.0.1:1;127.0.0.1:2,100,{secret},0,mymaster',
        'redis://:{secret}@127.0.0.1:1/0?name=mymaster&password={secret}',
        { sentinel: { sentinels: ['127.0.0.1:1'], sentinelPassword: '{secret}', name: '' } },
        { sentinel: { sentinels: ['127.0.0.1:{secret}'] } },
      ],
    ],
  ])('of %s that cannot be read', async (name, configs) => {
    await checkSecrets({ configs, open: config => show(config, name), runs: 5000 })
  })

  it.each([
    '/5redis://app:s3cr3t@127.0.0.1:1',
    '/redis://app:s3c,r3t@127.0.0.1:1',
    '/app:s3cr3t@127.0.0.1:1',
    '/s3cr3t@127.0.0.1:1,100',
    '/app:s3c,r3t@127.0.0.1:1',
    '{"save_path": "/redis://:s3cr3t@127.0.0.1:1"}',
    { path: 'redis://app:s3cr3t@127.0.0.1:1' },
    { path: '/app:s3cr3t@127.0.0.1:1' },
    'unix:///redis://app:s3cr3t%40127.0.0.1:1',
  ])('of a socket whose path is not a path: %j', async providerConfig => {
    const error = await newManager('redis', { providerConfig, timeout: 2000 }).catch(error => error)
    expect(error).toMatchObject({ code: 'ERR_CONFIG' })
    expect(inspect(error)).not.toMatch(/s3c/)
  })

  it.each([
    ['/run/redis.sock,100,p@ss', { options: { path: '/run/redis.sock', password: 'p@ss' } }],
    [{ path: '/run/redis@main/redis.sock' }, { address: '/run/redis@main/redis.sock' }],
    ['unix:///run/redis%40main/redis.sock', { address: '/run/redis@main/redis.sock' }],
  ])('and a socket is still reached by its path: %j', (config, settings) => {
    expect(readConfig(config, 'redis')).toMatchObject(settings)
  })

  it.skipIf(isMissing)('where a server refuses it, or is not there', async () => {
    const { host, port } = await service.redis()
    const places = [`${host}:${port}`, '127.0.0.1:1']
    await checkSecrets({
      configs: places.flatMap(place => [
        `redis://app:{secret}@${place}`,
        `${place},1,{secret}`,
        { url: `redis://${place}`, username: 'app', password: '{secret}' },
      ]),
      open: config => newManager('redis', { providerConfig: config as string, timeout: 2000 }),
      runs: 300,
    })
  })
})
