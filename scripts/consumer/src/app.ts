// A program of somebody else's: what it imports is what npm would have installed.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory as inMemory, isSessionError, lazyManager, newManager } from '@sess/core'
import '@sess/cookie'
import '@sess/couchbase'
import { file } from '@sess/file'
import '@sess/memcache'
import '@sess/mysql'
import '@sess/postgres'
import { redisCluster } from '@sess/redis'
import * as again from 'core-again'

const directory = await mkdtemp(join(tmpdir(), 'sess-app-'))
const manager = await newManager<{ username: string }>('file', { providerConfig: directory })
const server = createServer(async (req, res) => {
  const sess = await manager.sessionStart(req, res)
  if (req.method === 'POST') sess.set('username', 'astaxie')
  res.end(sess.get('username') ?? 'nobody')
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

const login = await fetch(url, { method: 'POST' })
const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? ''
assert.equal(await login.text(), 'astaxie')
assert.equal(await (await fetch(url)).text(), 'nobody')
assert.equal(await (await fetch(url, { headers: { cookie } })).text(), 'astaxie')

// The second copy of core shares the registry, the stored data and the errors with the first.
assert.notEqual(again.newManager, newManager)
const other = await again.newManager('file', { providerConfig: directory })
const headers = new Headers()
const sess = await other.sessionStart(new Request(url, { headers: { cookie } }), headers)
assert.equal(sess.get('username'), 'astaxie')
const unknown = await again.newManager('nosuch').catch((error: unknown) => error)
assert.ok(isSessionError(unknown, 'ERR_PROVIDER_UNKNOWN'))

// Every engine is there, and knows that this is no configuration.
const names = [
  'cookie',
  'mysql',
  'redis',
  'redis_cluster',
  'redis_sentinel',
  'postgresql',
  'memcache',
  'couchbase',
]
for (const name of names) {
  const options = { providerConfig: { nosuch: 1 } as unknown as string }
  const refused = await newManager(name, options).catch((error: unknown) => error)
  assert.ok(isSessionError(refused, 'ERR_CONFIG'), `${name}: ${refused}`)
}
const sealed = await newManager('cookie', { providerConfig: 'a secret of more than 32 bytes, for this test' })
const response = await sealed.handle(new Request(url), async sess => {
  sess.set('username', 'astaxie')
  return new Response()
})
assert.match(response.headers.get('set-cookie') ?? '', /^beegosessionID=1\./)
await sealed.close()

// Engines as values, and managers without await: one in the process, for the second copy of core too.
const byValue = lazyManager<{ username: string }>(file, { providerConfig: directory })
assert.equal(again.lazyManager('file', { providerConfig: directory }), byValue)
const reader = await byValue.sessionStart(new Request(url, { headers: { cookie } }), new Headers())
assert.equal(reader.get('username'), 'astaxie')
assert.throws(
  () => lazyManager(redisCluster, { providerConfig: { nosuch: 1 } as unknown as string }),
  (error: unknown) => isSessionError(error, 'ERR_CONFIG'),
)
await byValue.close()

const memory = await newManager(inMemory)
assert.equal(await memory.getActiveSession(), 0)

await memory.close()
await other.close()
await manager.close()
server.closeAllConnections()
await new Promise(resolve => server.close(resolve))
await rm(directory, { recursive: true })
console.log('the packed packages work')
