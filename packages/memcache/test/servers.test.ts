import { newManager } from '@sess/core'
import { noServer, startMemcached } from '@sess/testing'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  dataOf,
  errorOf,
  inSeconds,
  margin,
  newId,
  newPrefix,
  openStore,
  rawOf,
  timeout,
  urlOf,
} from './support/scene.ts'

describe.skipIf(await noServer('memcached'))('several servers', () => {
  const started = Promise.all([startMemcached(), startMemcached(), startMemcached()])
  afterAll(async () => {
    for (const server of await started) await server.close()
  })

  it.each([';', ',', ' ; '])('are separated by %j and share the sessions', async separator => {
    const servers = await started
    const prefix = newPrefix()
    const store = await openStore(servers[0], { servers: servers.map(urlOf).join(separator), prefix })
    for (let i = 0; i < 90; i++) await store.create(newId(), dataOf('one'), inSeconds(60))
    for (const server of servers) {
      const keys = await (await rawOf(server)).keys(prefix)
      expect(keys.length).toBeGreaterThan(10)
    }
  })

  it('fail one by one: the sessions of the others go on, and nobody’s moves', async () => {
    const servers = await started
    const [down] = servers
    const providerConfig = { servers: servers.map(urlOf), prefix: newPrefix() }
    const timeout = 1000
    const manager = await newManager('memcache', { providerConfig, timeout })
    onTestFinished(() => manager.close())
    const start = async (cookie?: string) => {
      const response = new Headers()
      const request = new Request('http://localhost', cookie ? { headers: { cookie } } : {})
      const session = await manager.sessionStart(request, response)
      return { session, cookie: () => response.get('set-cookie')?.split(';')[0] as string }
    }
    const cookies: string[] = []
    for (let i = 0; i < 60; i++) {
      const { session, cookie } = await start()
      session.set('i', i)
      await session.sessionRelease()
      cookies.push(cookie())
    }
    const outcomes = async () => {
      const begin = performance.now()
      const each = await Promise.allSettled(
        cookies.map(async cookie => {
          const { session } = await start(cookie)
          session.set('again', true)
          await session.sessionRelease()
          return session.get('i')
        }),
      )
      expect(performance.now() - begin).toBeLessThan(timeout + margin)
      return each
    }
    const whole = (each: PromiseSettledResult<unknown>, i: number) =>
      each.status === 'fulfilled' && each.value === i
    for (const [fail, mend] of [
      [() => down.pause(), () => down.resume()],
      [() => down.kill(), () => down.restart()],
    ] as const) {
      await fail()
      const meanwhile = await outcomes()
      const failed = meanwhile.filter(each => each.status === 'rejected')
      expect(failed.length).toBeGreaterThan(5)
      expect(meanwhile.filter(whole).length).toBe(cookies.length - failed.length)
      for (const { reason } of failed) expect(reason.code).toMatch(/^ERR_(BACKEND|TIMEOUT|OUTCOME_UNKNOWN)$/)
      await mend()
      const after = await outcomes()
      expect(after.filter(each => each.status === 'rejected')).toEqual([])
    }
    // The one that was killed has forgotten its share, and only that.
    const kept = (await outcomes()).filter(whole).length
    expect(kept).toBeGreaterThan(5)
    expect(kept).toBeLessThan(cookies.length - 5)
  })

  it('all have to be there at the start', async () => {
    const servers = [...(await started).map(urlOf), '127.0.0.1:1']
    const error = await errorOf(newManager('memcache', { providerConfig: servers.join(';'), timeout }))
    expect(error).toMatchObject({ code: 'ERR_BACKEND', message: /127\.0\.0\.1:1: ECONNREFUSED/ })
  })

  it('cannot count their sessions', async () => {
    const manager = await newManager('memcache', { providerConfig: (await started).map(urlOf).join(';') })
    onTestFinished(() => manager.close())
    await expect(manager.getActiveSession()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })
})
