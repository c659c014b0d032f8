import {
  type Address,
  noServer,
  noService,
  type Server,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from '@sess/testing'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedisConfig, RedisEngineName } from '../src/index.ts'
import { closing, disconnecting, openStore } from './support/place.ts'
import { failure, password, use } from './support/start.ts'

const rights = '+get +set +getrange +setrange +pexpire +unlink +eval +evalsha +scan +info'.split(' ')
const username = 'app'

/** Gives the user these rights and no others, on one server. */
async function permit({ host, port }: Address, given: readonly string[], keys = '~sess:*'): Promise<void> {
  const admin = new Redis({ host, port, enableReadyCheck: false })
  try {
    await admin.acl('SETUSER', username, 'reset', 'on', `>${password}`, keys, ...given)
  } finally {
    admin.disconnect()
  }
}

const without = (...missing: string[]) => rights.filter(right => !missing.includes(right))

describe.skipIf(await noServer('redis'))('a user of a single server', () => {
  let server: Server
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.close())

  const config = (more: RedisConfig = {}): RedisConfig => {
    const { host, port } = server
    return { host, port, username, password, ...more }
  }

  it('needs the rights of the README and no others', async () => {
    await permit(server, rights)
    await use(config())
  })

  it.each(rights.filter(right => right !== '+info'))(
    'without %s is refused at the start, with the rule that permits it',
    async right => {
      await permit(server, without(right))
      const error = await failure(config())
      expect(error.code).toBe('ERR_CONFIG')
      expect(error.message).toBe(
        `providerConfig of the redis engine: Redis at ${server.host}:${server.port} does not permit its user the command ${right.slice(1).toUpperCase()}: add ${right} to the user's ACL; see "Running in production"`,
      )
    },
  )

  it.each(['+eval', '+set', '+get', '+setrange'])(
    'whose client is given is refused without %s',
    async right => {
      await permit(server, without(right))
      const { host, port } = server
      const options = { host, port, username, password, maxRetriesPerRequest: 0, socketTimeout: 2000 }
      const client = disconnecting(new Redis({ ...options, keyPrefix: 'sess:' }))
      const error = await failure({ client, prefix: '' })
      expect(error.message).toContain(`add ${right} to the user's ACL`)
      expect(client.status).toBe('ready')
      await permit(server, rights)
      await (await openStore({ client, prefix: '' })).close()
    },
  )

  it('without several rights is told all of them', async () => {
    await permit(server, without('+eval', '+evalsha', '+set'))
    expect((await failure(config())).message).toContain(
      "the command SET, EVALSHA, EVAL: add +set +evalsha +eval to the user's ACL",
    )
    await permit(server, ['+info'])
    expect((await failure(config())).message).toContain(
      'add +get +set +getrange +unlink +scan +evalsha +eval to',
    )
  })

  it('without +select is refused where another database is asked for', async () => {
    await permit(server, rights)
    const error = await failure(config({ db: 3 }))
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).toContain("add +select to the user's ACL")
    await permit(server, [...rights, '+select'])
    await use(config({ db: 3 }))
  })

  it.each([
    ['other keys', '~other:*', {}, '~sess:id:*'],
    ['no keys', 'resetkeys', {}, '~sess:id:*'],
    ['keys to read only', '%R~sess:*', {}, '~sess:id:*'],
    ['the keys of another prefix', '~sess:*', { prefix: 'a*[b]:' }, String.raw`~a\*\[b\]:*`],
  ])('with rights on %s is refused at the start, with the pattern', async (_, keys, more, pattern) => {
    await permit(server, rights, keys)
    const error = await failure(config(more))
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).toMatch(/does not permit its user keys that begin with/)
    expect(error.message).toContain(`add ${pattern} to the user's ACL`)
  })
})

it.skipIf(await noServer('redis')).each([
  ['EVAL and EVALSHA', ['EVAL', 'EVALSHA'], /has no command EVALSHA, EVAL,/],
  ['EVALSHA', ['EVALSHA'], /has no command EVALSHA,/],
  ['SCAN', ['SCAN'], /has no command SCAN,/],
  ['SETRANGE, which scripts need', ['SETRANGE'], /has no command SETRANGE,/],
])('a server without %s is refused at the start', async (_, commands, message) => {
  const args = commands.flatMap(command => ['--rename-command', command, ''])
  const { url } = await closing(startRedis({ args }))
  const error = await failure(url)
  expect(error.code).toBe('ERR_CONFIG')
  expect(error.message).toMatch(message)
})

it.skipIf(await noServer('redis'))('a server that is full is none that lacks rights', async () => {
  const { url } = await closing(
    startRedis({ args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] }),
  )
  await openStore(url)
})

it.skipIf(await noService('redis'))('the start leaves no key', async () => {
  const { url } = await closing(startRedis())
  await openStore(url)
  expect(await disconnecting(new Redis(url)).dbsize()).toBe(0)
})

describe.skipIf(await noServer('redisCluster'))('a user of a cluster', () => {
  it('is refused if a single node does not permit what is needed', async () => {
    const cluster = await closing(startRedisCluster())
    const all = [...rights, '+cluster', '+asking']
    const { nodes } = cluster
    const addresses = nodes.map(({ host, port }) => ({ host, port }))
    const config = { cluster: { nodes: addresses }, username, password }
    for (const node of nodes) await permit(node, all)
    await use(config, 'redis_cluster')
    for (const node of nodes)
      for (const right of ['+evalsha', '+pexpire', '+asking']) {
        await permit(
          node,
          all.filter(each => each !== right),
        )
        const error = await failure(config, 'redis_cluster')
        expect(error.code).toBe('ERR_CONFIG')
        expect(error.message).toContain(`add ${right} to the user's ACL`)
        await permit(node, all)
      }
    const [first] = nodes as [Server]
    await permit(first, all, '~other:*')
    expect((await failure(config)).message).toContain('add ~sess:id:* to')
    await permit(first, all)
    const safe = { maxRetriesPerRequest: 0, socketTimeout: 2000, username, password }
    const client = disconnecting(
      new Cluster(addresses, {
        retryDelayOnFailover: 0,
        keyPrefix: 'sess:',
        redisOptions: safe,
      }),
    )
    await openStore({ client, prefix: '' }, { name: 'redis_cluster' })
    await permit(first, all, '~other:*')
    expect((await failure({ client, prefix: 'a:' })).message).toContain('add ~sess:a:* to')
  })

  it('is not waited for on a node that does not answer', async () => {
    const { nodes } = await closing(startRedisCluster())
    const { host, port } = nodes[0] as Server
    const client = disconnecting(new Redis(port, host))
    const slot = Number(await client.cluster('KEYSLOT', `sess:id:${'1'.repeat(64)}`))
    const ranges = await client.cluster('SLOTS')
    const owner = ranges.find(([from, to]) => from <= slot && slot <= to)?.[2]?.[1]
    const frozen = nodes.find(node => node.port !== port && node.port !== owner) as Server
    frozen.pause()
    const timeout = 10_000
    const begin = performance.now()
    // The driver's own check asks a node at random.
    const cluster = { nodes: [{ host, port }], enableReadyCheck: false }
    await openStore({ cluster }, { timeout, name: 'redis_cluster' })
    expect(performance.now() - begin).toBeLessThan(timeout / 2)
    frozen.resume()
  })
})

describe.skipIf(await noServer('redisSentinel'))('a user of a master that sentinels know', () => {
  it.each<[RedisEngineName, string]>([
    ['redis', '+eval'],
    ['redis_sentinel', '+setrange'],
  ])('of %s is refused without %s', async (engine, right) => {
    const place = await closing(startRedisSentinel())
    const { name, sentinels } = place
    const config = {
      sentinel: { name, sentinels: sentinels.map(({ host, port }) => ({ host, port })) },
      username,
      password,
    }
    await permit(place.master, rights)
    await use(config, engine)
    await permit(place.master, without(right))
    const error = await failure(config, engine)
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).toContain(`add ${right} to the user's ACL`)
  })

  it('is found by a user of the sentinels with the rights of the README, and not with less', async () => {
    const place = await closing(startRedisSentinel())
    const needed = [
      '+sentinel|get-master-addr-by-name',
      '+sentinel|sentinels',
      '+subscribe',
      '&+switch-master',
    ]
    const { name } = place
    const sentinels = place.sentinels.map(({ host, port }) => ({ host, port }))
    const config = { sentinel: { name, sentinels, sentinelUsername: username, sentinelPassword: password } }
    for (const sentinel of sentinels) await permit(sentinel, needed, 'resetkeys')
    await use(config)
    for (const sentinel of sentinels) await permit(sentinel, ['+sentinel|sentinels'], 'resetkeys')
    const error = await failure(config)
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).toContain('add +sentinel|get-master-addr-by-name to')
  })
})
