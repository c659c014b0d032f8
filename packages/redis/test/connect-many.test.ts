import { noServer, noService, service, startProxy, startRedis } from '@sess/testing'
import { Redis } from 'ioredis'
import { describe, expect, it, vi } from 'vitest'
import { closing, disconnecting } from './support/place.ts'
import { failure, freePort, password, use } from './support/start.ts'

describe.skipIf(await noService('redisCluster'))('a cluster', () => {
  it('is named by a string, URLs or an object', async () => {
    const { addresses } = await service.redisCluster()
    const nodes = addresses.map(({ host, port }) => `${host}:${port}`)
    await use(`${nodes.join(';')},100,,0`, 'redis_cluster')
    await use(nodes.map(node => `redis://${node}`).join(';'), 'redis_cluster')
    await use({ cluster: { nodes } })
    await use({ cluster: { nodes: nodes.slice(0, 1) } }, 'redis_cluster')
  })

  it('is no single server, and a single server is no cluster', async () => {
    const { addresses } = await service.redisCluster()
    for (const { host, port } of addresses)
      expect(await failure({ host, port })).toMatchObject({
        code: 'ERR_CONFIG',
        message: expect.stringMatching(/is a node of a cluster, e\.g\. \{ cluster: \{ nodes:/),
      })
    if (await noService('redis')) return
    const { host, port } = await service.redis()
    const error = await failure({ cluster: { nodes: [{ host, port }] } })
    expect(error).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(/is no cluster/) })
  })

  it('that is not there is ERR_BACKEND', async () => {
    const port = await freePort()
    const error = await failure(`127.0.0.1:${port};localhost:${port},100,secret`, 'redis_cluster')
    expect(error.code).toBe('ERR_BACKEND')
    expect(error.message).toMatch(
      new RegExp(`^Redis at 127.0.0.1:${port}, localhost:${port} cannot be used: .*`),
    )
  })
})

describe.skipIf(await noServer('redisCluster'))('a cluster of one with a password', () => {
  it('asks for it', async () => {
    const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']
    const { host, port, url } = await closing(startRedis({ password, args }))
    const client = disconnecting(new Redis(url))
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await vi.waitFor(async () => expect(await client.cluster('INFO')).toMatch('cluster_state:ok'), 10_000)
    const cluster = { nodes: [{ host, port }] }
    await use({ cluster, password })
    await use(url, 'redis_cluster')
    for (const wrong of ['another secret', undefined]) {
      const error = await failure({ cluster, ...(wrong ? { password: wrong } : {}) })
      expect(error).toMatchObject({
        code: 'ERR_CONFIG',
        message: expect.stringMatching(/refuses 'username' and 'password'/),
      })
    }
  })
})

describe.skipIf(await noService('redisSentinel'))('sentinels', () => {
  it('are named by a string, URLs or an object', async () => {
    const { addresses, name } = await service.redisSentinel()
    const sentinels = addresses.map(({ host, port }) => `${host}:${port}`)
    await use(`${sentinels.join(';')},100,,0,${name}`, 'redis_sentinel')
    await use(`${sentinels.map(each => `redis://${each}`).join(';')}?name=${name}`, 'redis_sentinel')
    await use({ sentinel: { sentinels, name } })
  })

  it('that do not answer are ERR_BACKEND in time', async () => {
    const { addresses, name } = await service.redisSentinel()
    const proxies = await Promise.all(addresses.map(address => closing(startProxy(address))))
    for (const proxy of proxies) proxy.freeze()
    const sentinels = proxies.map(({ host, port }) => `${host}:${port}`)
    expect((await failure({ sentinel: { sentinels, name } }, 'redis', 1500)).code).toBe('ERR_BACKEND')
  })

  it('may be partly away', async () => {
    const { addresses, name } = await service.redisSentinel()
    const sentinels = [
      `127.0.0.1:${await freePort()}`,
      ...addresses.map(({ host, port }) => `${host}:${port}`),
    ]
    await use({ sentinel: { sentinels, name } })
  })

  it('that know no such master are ERR_CONFIG', async () => {
    const { addresses } = await service.redisSentinel()
    const sentinels = addresses.map(({ host, port }) => `${host}:${port}`)
    const error = await failure({ sentinel: { sentinels, name: 'another' } })
    expect(error).toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/know no master of that 'name'/),
    })
  })

  it('that are not there are ERR_BACKEND', async () => {
    const port = await freePort()
    const error = await failure(`127.0.0.1:${port},100,secret`, 'redis_sentinel')
    expect(error.message).toMatch(new RegExp(`^Redis at sentinels 127.0.0.1:${port} cannot be used: `))
    expect(error.code).toBe('ERR_BACKEND')
  })
})
