import { noService, service } from '@sess/testing'
import { Cluster, type Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectOwn } from '../src/lib/own-client.ts'
import { readConfig } from '../src/lib/settings.ts'

async function connect(config: string, name: 'redis' | 'redis_cluster'): Promise<Redis | Cluster> {
  const settings = readConfig(config, name)
  if (settings.kind === 'client') throw new Error('a string makes no client')
  const own = await connectOwn(settings, 5000)
  onTestFinished(own.close)
  return own.client as Redis | Cluster
}

function nodesOf(client: Redis | Cluster): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client]
}

/** Asks for more keys in one turn than there are nodes; gives how the sockets held them back, and the answers. */
async function askAtOnce(client: Redis | Cluster): Promise<{ corked: number[]; answers: unknown[] }> {
  const keys = Array.from({ length: 100 }, (_, i) => `gather-writes:${i}`)
  await Promise.all(keys.map(key => client.set(key, key, 'EX', 60)))
  const asked = keys.map(key => client.get(key))
  const corked = nodesOf(client).map(({ stream }) => stream.writableCorked)
  return { corked, answers: await Promise.all(asked) }
}

const expected = Array.from({ length: 100 }, (_, i) => `gather-writes:${i}`)

describe.skipIf(await noService('redis'))('commands of one turn', () => {
  it('leave together', async () => {
    const client = await connect((await service.redis()).url, 'redis')
    expect(await askAtOnce(client)).toEqual({ corked: [1], answers: expected })
    expect(nodesOf(client).map(({ stream }) => stream.writableCorked)).toEqual([0])
  })

  it('leave together over the connection after the first, too', async () => {
    const client = await connect((await service.redis()).url, 'redis')
    const [node] = nodesOf(client) as [Redis]
    const { stream } = node
    node.disconnect(true)
    await expect.poll(() => node.status === 'ready' && node.stream !== stream).toBe(true)
    expect(await askAtOnce(client)).toEqual({ corked: [1], answers: expected })
  })
})

describe.skipIf(await noService('redisCluster'))('commands of one turn, to a cluster', () => {
  it('leave together for each node', async () => {
    const { addresses } = await service.redisCluster()
    const client = await connect(
      addresses.map(({ host, port }) => `${host}:${port}`).join(';'),
      'redis_cluster',
    )
    expect(await askAtOnce(client)).toEqual({ corked: [1, 1, 1], answers: expected })
  })
})
