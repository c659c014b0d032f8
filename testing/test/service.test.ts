import { type Kind, noService, service } from '@sess/testing'
import { describe, expect, it } from 'vitest'
import { said } from './support/said.ts'

const kinds: Kind[] = ['redis', 'redisCluster', 'redisSentinel', 'mysql', 'postgres', 'memcached']

describe.skipIf(await noService(...kinds))('the shared servers', () => {
  it.each(kinds)('have one %s, for all who ask', async kind => {
    const [one, other] = await Promise.all([service[kind](), service[kind]()])
    expect(one).toEqual(other)
    expect(one.addresses[0]).toEqual({ host: one.host, port: one.port })
    for (const address of one.addresses) {
      const question = kind === 'postgres' ? Buffer.from('0000000804d2162f', 'hex') : 'PING\r\nversion\r\n'
      expect(await said(address, kind === 'mysql' ? undefined : question)).not.toBe('')
    }
  })
})

describe('a server that the environment names', () => {
  const nameIt = async (variable: string, url: string, kind: Kind) => {
    process.env[variable] = url
    try {
      return await service[kind]()
    } finally {
      delete process.env[variable]
    }
  }

  it('is used in place of a fresh one', async () => {
    expect(await nameIt('SESS_TEST_REDIS_URL', 'redis://:pw@db:7000/1', 'redis')).toEqual({
      host: 'db',
      port: 7000,
      url: 'redis://:pw@db:7000/1',
      addresses: [{ host: 'db', port: 7000 }],
    })
    expect(await nameIt('SESS_TEST_MYSQL_URL', 'mysql://me:p%40w@db/test', 'mysql')).toMatchObject({
      host: 'db',
      port: 3306,
      user: 'me',
      password: 'p@w',
      database: 'test',
    })
    expect(await nameIt('SESS_TEST_REDIS_CLUSTER_URL', 'a:1,[::1]:2,c', 'redisCluster')).toMatchObject({
      addresses: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
        { host: 'c', port: 6379 },
      ],
    })
    expect(await nameIt('SESS_TEST_REDIS_SENTINEL_URL', 'a,b/other', 'redisSentinel')).toMatchObject({
      name: 'other',
      addresses: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 26379 },
      ],
    })
    await expect(nameIt('SESS_TEST_POSTGRES_URL', 'postgres://:x:', 'postgres')).rejects.toThrow(
      'SESS_TEST_POSTGRES_URL is not a URL',
    )
  })
})
