import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { expect } from 'vitest'
import '@sess/redis'
import type { RedisConfig } from '../../src/index.ts'
import { closing } from './place.ts'

/** Of the tests' servers. */
export const password = 'a secret, and a comma'

/** What newManager fails with, and that it shows no password. */
export async function failure(
  config: string | RedisConfig,
  name = 'redis',
  timeout = 2000,
): Promise<Error & { code: string }> {
  const start = performance.now()
  const error: unknown = await newManager(name, { providerConfig: config as string, timeout }).then(
    manager => manager.close(),
    error => error,
  )
  expect(performance.now() - start).toBeLessThan(timeout + 700)
  if (!isSessionError(error)) throw error ?? new Error('newManager did not fail')
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/a secret|another secret|:secret/)
  return error
}

/** Saves and reads a session. */
export async function use(config: string | RedisConfig, name = 'redis'): Promise<void> {
  const manager = await closing(newManager(name, { providerConfig: config as string, timeout: 2000 }))
  const headers = new Headers()
  const session = await manager.sessionStart(new Request('http://localhost/'), headers)
  session.set('name', 'astaxie')
  await session.sessionRelease()
  const cookie = (headers.get('set-cookie') as string).split(';')[0] as string
  const request = new Request('http://localhost/', { headers: { cookie } })
  expect((await manager.sessionStart(request, new Headers())).get('name')).toBe('astaxie')
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
