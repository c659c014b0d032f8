import { newManager } from '@sess/core'
import '@sess/memcache'
import { noService, service } from '@sess/testing'
import { checkSecrets } from '@sess/testkit'
import { Cluster, Redis } from 'ioredis'
import { Client } from 'memjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../src/lib/memcache-config.ts'
import { urlOf } from './support/scene.ts'

const isMissing = await noService('memcached')

class OwnClient {
  readonly servers = '10.0.0.1:11211'
}

function redis<T extends Redis | Cluster>(client: T): T {
  onTestFinished(() => client.disconnect())
  return client
}

describe('a config of the wrong kind is refused, and the error says what to pass', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'a client of ioredis',
      () => redis(new Redis({ lazyConnect: true })),
      /is an instance of 'EventEmitter'; it must be/,
    ],
    [
      'a cluster of ioredis',
      () => redis(new Cluster(['127.0.0.1:1'], { lazyConnect: true })),
      /is an instance of 'EventEmitter'; it must be servers, e\.g\. .*, or a client of memjs/,
    ],
    ['the class of a client', () => Client, /is a function; it must be/],
    [
      'a server of memjs',
      () => Client.create('127.0.0.1:1').servers[0],
      /is an instance of 'Server'; it must be/,
    ],
    ['an instance of a class', () => new OwnClient(), /is an instance of 'OwnClient'; it must be/],
    ['a map', () => new Map([['servers', '127.0.0.1']]), /is an instance of 'Map'; it must be/],
    ['a URL', () => new URL('memcached://app:s3cr3t@127.0.0.1'), /is an instance of 'URL'; it must be/],
    ['an array', () => ['app:s3cr3t@127.0.0.1'], /is an array; it must be/],
    [
      'a client of ioredis as client',
      () => ({ client: redis(new Redis({ lazyConnect: true })) }),
      /'client' must be/,
    ],
  ])('%s', async (_, config, message) => {
    const error = await newManager('memcache', { providerConfig: config() as string }).catch(error => error)
    expect(error).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(message) })
    expect(error.message).not.toContain('s3cr3t')
  })
})

describe('a number may be text', () => {
  it.each([
    [{ keepAliveDelay: '45' }, 45],
    [{ keepAliveDelay: ' 0.5 ' }, 0.5],
    [{ keepAliveDelay: 20 }, 20],
  ])('%j', (config, seconds) => {
    expect(readConfig(config).keepAliveDelay).toBe(seconds)
  })

  it.each(['', 'soon', '0', '-1', '5s'])('but not %j', keepAliveDelay => {
    expect(() => readConfig({ keepAliveDelay })).toThrow(/'keepAliveDelay' must be seconds, more than 0/)
  })
})

describe('no part of a secret is in an error', () => {
  it('of a config that cannot be read', async () => {
    await checkSecrets({
      configs: [
        'memcached://app:{secret}@127.0.0.1:1',
        'memcached://app:{secret}@127.0.0.1:x;127.0.0.1:2',
        'memcached://{secret}@127.0.0.1:1',
        'app:{secret}@127.0.0.1:1,app:{secret}@127.0.0.1:0',
        { servers: ['memcached://app:{secret}@127.0.0.1:1', 'memcached://app:{secret}@127.0.0.1:0'] },
        { servers: ';', username: 'app', password: '{secret}' },
        { username: ['app'], password: '{secret}' },
        { password: '{secret}' },
        { keepAliveDelay: '{secret}' },
        { keepAlive: '{secret}' },
        { client: { password: '{secret}' } },
      ],
      // What a server's error would show.
      open: config => {
        throw new Error(
          readConfig(config)
            .servers.map(({ host, port }) => `${host}:${port}`)
            .join(),
        )
      },
      runs: 10_000,
    })
  })

  it('of a list of servers that ends with it', async () => {
    const configs = ['127.0.0.1:1,{secret}', { servers: ['127.0.0.1:{secret}'] }]
    await checkSecrets({ configs, open: config => void readConfig(config) })
  })

  it.skipIf(isMissing)('where no server is there', async () => {
    const servers = [urlOf(await service.memcached()), '127.0.0.1:1']
    await checkSecrets({
      configs: [
        { servers: ['127.0.0.1:1'], username: 'app', password: '{secret}' },
        { servers, username: 'app', password: '{secret}' },
      ],
      open: config => newManager('memcache', { providerConfig: config as string, timeout: 500 }),
      runs: 50,
    })
  })
})

describe('a long string is read in a time that grows with its length', () => {
  const parts = [
    ...[':', ';', ',', '@', '/', '%', '%41', '?', '#', '[', ']', ' ', '\t', 'a', '1', '.', '\\', '\0', 'é'],
    ...['a;', 'a:1;', ' ;', 'a@', 'a:b@', ':@', '[::', 'memcached://', 'memcached://a;', 'a.', '%zz', 'xn--'],
  ]

  /** The least of several times that reading takes, in milliseconds. */
  function timeOf(text: string): number {
    const times = Array.from({ length: 3 }, () => {
      const begin = performance.now()
      for (const config of [
        text,
        { servers: `app:${text}@127.0.0.1` },
        { prefix: text },
        { servers: [text] },
      ])
        try {
          readConfig(config)
        } catch {}
      return performance.now() - begin
    })
    return Math.min(...times)
  }

  it.each(parts)('of %j', part => {
    const [short, long] = [10_000, 100_000].map(length => timeOf(part.repeat(length / part.length)))
    // Ten times the length: a quadratic reader would take a hundred times as long. What takes no time shows nothing.
    expect((long as number) / Math.max(short as number, 2)).toBeLessThan(40)
  })
})
