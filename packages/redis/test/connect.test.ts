import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import '@sess/redis'
import { noServer, noService, type Server, service, startProxy, startRedis } from '@sess/testing'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { RedisConfig } from '../src/lib/redis-config.ts'
import { selfSigned } from './support/certificate.ts'
import {
  closing,
  contentOf,
  disconnecting,
  newData,
  newId,
  newPrefix,
  openStore,
  soon,
} from './support/place.ts'

const password = 'a secret, and a comma'

/** What newManager fails with, and that it shows no password. */
async function failure(
  config: string | RedisConfig,
  name = 'redis',
  timeout = 2000,
): Promise<Error & { code: string }> {
  const start = performance.now()
  const error: unknown = await newManager(name, { providerConfig: config as string, timeout }).then(
    manager => manager.close(),
    error => error,
  )
  expect(performance.now() - start).toBeLessThan(timeout + 300)
  if (!isSessionError(error)) throw error ?? new Error('newManager did not fail')
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/a secret|another secret|:secret/)
  return error
}

/** Saves and reads a session. */
async function use(config: string | RedisConfig, name = 'redis'): Promise<void> {
  const manager = await closing(newManager(name, { providerConfig: config as string, timeout: 2000 }))
  const headers = new Headers()
  const session = await manager.sessionStart(new Request('http://localhost/'), headers)
  session.set('name', 'astaxie')
  await session.sessionRelease()
  const cookie = (headers.get('set-cookie') as string).split(';')[0] as string
  const request = new Request('http://localhost/', { headers: { cookie } })
  expect((await manager.sessionStart(request, new Headers())).get('name')).toBe('astaxie')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

describe.skipIf(await noService('redis'))('a server', () => {
  it('is named by a string, a URL or an object', async () => {
    const { host, port } = await service.redis()
    await use(`${host}:${port},100`)
    await use(`redis://${host}:${port}/0`)
    await use({ host, port, db: 0, prefix: newPrefix() })
    await use(JSON.stringify({ save_path: `${host}:${port}`, poolsize: 10 }))
  })

  it('keeps sessions under the prefix and the id, in the database that is asked for', async () => {
    const { host, port } = await service.redis()
    const prefix = newPrefix()
    const store = await openStore({ host, port, db: 3, prefix })
    const id = newId()
    await store.create(id, newData('in three'), soon())
    const client = disconnecting(new Redis({ host, port, db: 3 }))
    const value = (await client.getBuffer(prefix + id)) as Buffer
    expect(value.toString('utf8', 16)).toBe('in three')
    const left = await client.pttl(prefix + id)
    expect(left).toBeGreaterThan(60_000)
    expect(left).toBeLessThanOrEqual(120_000)
    await client.unlink(prefix + id)
  })

  it('that is not there is ERR_BACKEND at once, with its address', async () => {
    const port = await freePort()
    const error = await failure(`127.0.0.1:${port},100,secret`)
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'ECONNREFUSED' } })
    expect(error.message).toBe(`Redis at 127.0.0.1:${port} cannot be used: ECONNREFUSED`)
  })

  it('that does not answer is ERR_BACKEND in time', async () => {
    const proxy = await closing(startProxy(await service.redis()))
    proxy.freeze()
    const error = await failure({ host: proxy.host, port: proxy.port }, 'redis', 500)
    expect(error.code).toBe('ERR_BACKEND')
    proxy.thaw()
    await vi.waitFor(() => expect(proxy.connections).toBe(0))
  })

  it('that has no such database is ERR_CONFIG', async () => {
    const { host, port } = await service.redis()
    const error = await failure({ host, port, db: 5000 })
    expect(error).toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/no database 'db' of that number/),
    })
  })
})

describe.skipIf(await noServer('redis'))('a server of its own', () => {
  it('asks for its password', async () => {
    const { host, port, url } = await closing(startRedis({ password }))
    await use(url)
    await use({ host, port, password })
    await use(JSON.stringify({ save_path: `${host}:${port}`, password }))
    const refused = {
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/refuses 'username' and 'password', e\.g\./),
    }
    for (const config of [
      { host, port },
      { host, port, password: 'another secret' },
      { url, username: 'nobody' },
      `redis://:another%20secret@${host}:${port}`,
    ])
      expect(await failure(config)).toMatchObject(refused)
  })

  it('needs a user with no more rights than the README says', async () => {
    const { host, port, url } = await closing(startRedis({ password }))
    const client = disconnecting(new Redis(url))
    const needed = '+get +set +getrange +setrange +pexpire +unlink +eval +evalsha +scan +info'.split(' ')
    await client.acl('SETUSER', 'app', 'on', `>${password}`, '~sess:*', ...needed)
    await use({ host, port, username: 'app', password })
    const store = await openStore({ host, port, username: 'app', password })
    const id = newId()
    const token = (await store.create(id, newData(), soon())) as string
    expect(await store.extend(id, soon(), token)).toBe(token)
    expect(await store.count(Date.now())).toBeGreaterThan(0)
    expect(await store.delete(id, token)).toBe(true)
    await client.acl('SETUSER', 'app', '-unlink')
    const error = await failure({ host, port, username: 'app', password })
    expect(error).toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/does not permit 'username'/),
    })
    await client.acl('SETUSER', 'app', '+unlink')
    const other = await failure({ host, port, username: 'app', password, prefix: 'other:' })
    expect(other.code).toBe('ERR_CONFIG')
  })

  it('listens on a unix socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sess-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const path = join(directory, 'redis.sock')
    await closing(startRedis({ password, args: ['--unixsocket', path] }))
    await use(`unix://:${encodeURIComponent(password)}@localhost${path}?db=1`)
    await use({ path, password })
  })

  it('is a replica, which is ERR_CONFIG', async () => {
    const master = await closing(startRedis())
    const replica = await closing(startRedis({ args: ['--replicaof', master.host, String(master.port)] }))
    const error = await failure(replica.url)
    expect(error).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(/is a replica/) })
  })
})

it.skipIf(await noService('redis'))('holds as much as a server takes by default', async () => {
  const { url } = await service.redis()
  const store = await openStore({ url, prefix: newPrefix() })
  const [, limit] = (await disconnecting(new Redis(url)).config('GET', 'proto-max-bulk-len')) as string[]
  const expiry = 8
  expect(store.maxBytes + expiry).toBe(Number(limit))
})

describe.skipIf(await noServer('redis'))('TLS', () => {
  let server: Server
  let port: number
  const { key, cert } = selfSigned()

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sess-'))
    const files = { key: join(directory, 'key.pem'), cert: join(directory, 'cert.pem') }
    await Promise.all([writeFile(files.key, key), writeFile(files.cert, cert)])
    port = await freePort()
    const certificate = [
      '--tls-cert-file',
      files.cert,
      '--tls-key-file',
      files.key,
      '--tls-ca-cert-file',
      files.cert,
    ]
    server = await startRedis({
      args: ['--tls-port', String(port), '--tls-auth-clients', 'no', ...certificate],
    })
    return async () => {
      await server.close()
      await rm(directory, { recursive: true })
    }
  })

  it('with a certificate that is trusted', async () => {
    await use({ url: `rediss://localhost:${port}`, tls: { ca: cert } })
    await use({ host: 'localhost', port, tls: { ca: cert } })
  })

  it('refuses a certificate that nobody vouches for', async () => {
    const error = await failure(`rediss://localhost:${port}`)
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
    expect(error.message).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT/)
  })

  it("refuses another host's certificate", async () => {
    const error = await failure({ url: `rediss://127.0.0.1:${port}`, tls: { ca: cert } })
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  })

  it('is not taken for granted by a server that has none', async () => {
    expect((await failure(`rediss://localhost:${server.port}`)).code).toBe('ERR_BACKEND')
  })
})

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

it.skipIf(await noService('redis'))('keeps the ids apart that a user of Provider makes', async () => {
  const { host, port } = await service.redis()
  const store = await openStore({ host, port, prefix: newPrefix() })
  const ids = [
    '',
    'a',
    'A',
    'a ',
    'ä',
    'a\u0308',
    '\0',
    'xsnkjklkjjkh27hjh78908',
    '{a}b',
    '*',
    'x'.repeat(100_000),
  ]
  for (const id of ids) await store.create(id, newData(`session ${id}`), soon())
  for (const id of ids) expect(contentOf(await store.load(id))).toBe(`session ${id}`)
  for (const id of ids) expect(await store.delete(id)).toBe(true)
  await expect(store.load('\ud800')).rejects.toMatchObject({ code: 'ERR_INVALID_ID' })
  await expect(store.create('\udfff', newData(), soon())).rejects.toMatchObject({ code: 'ERR_INVALID_ID' })
})
