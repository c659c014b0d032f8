import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@sess/redis'
import { noServer, noService, service, startProxy, startRedis } from '@sess/testing'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
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
import { failure, freePort, password, use } from './support/start.ts'

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
