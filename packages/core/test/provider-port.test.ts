import { describe, expect, test } from 'vitest'
import { fromProvider } from '../src/lib/engine.ts'
import { newManager } from '../src/lib/new-manager.ts'
import type { Session } from '../src/lib/session.ts'
import { MapProvider } from './support/map-provider.ts'

const TIMEOUT = 300

/** Sessions of eight requests that have the same cookie. */
async function setUp() {
  const provider = new MapProvider()
  const manager = await newManager(fromProvider(provider), { timeout: TIMEOUT })
  const response = await manager.handle(new Request('http://a/'), session => {
    session.set('n', 0)
    return new Response()
  })
  const cookie = String(response.headers.getSetCookie()[0]).split(';')[0] as string
  const read = () => manager.sessionStart(new Request('http://a/', { headers: { cookie } }), new Headers())
  const sessions = await Promise.all(Array.from({ length: 8 }, read))
  provider.calls.length = 0
  return { provider, sessions, read }
}

const add = (n: unknown) => (n as number) + 1

function save(session: Session): Promise<void> {
  session.update('n', add as never)
  return session.sessionRelease()
}

describe('several saves of one session', () => {
  test.each(['sessionRelease', 'sessionExist', 'sessionRead'] as const)(
    'each miss their own deadline when %s hangs, and none is done later',
    async method => {
      const { provider, sessions } = await setUp()
      let release = () => {}
      const frozen = new Promise<void>(resolve => {
        release = resolve
      })
      provider.before = called => (called === method ? frozen : undefined)
      const start = performance.now()
      const results = await Promise.allSettled(sessions.map(save))
      // Not a measurement: one after the other would take eight times as long.
      expect(performance.now() - start).toBeLessThan(TIMEOUT * 4)
      for (const result of results)
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_TIMEOUT' } })
      const calls = provider.calls.filter(call => call === method).length
      expect(calls).toBeLessThan(sessions.length)
      release()
      await frozen
      await new Promise(setImmediate)
      expect(provider.calls.filter(call => call === method)).toHaveLength(calls)
    },
  )

  test('each have their result as soon as it is known', async () => {
    const { provider, sessions } = await setUp()
    let releases = 0
    let open = () => {}
    const door = new Promise<void>(resolve => {
      open = resolve
    })
    provider.before = called => (called === 'sessionRelease' && ++releases === 3 ? door : undefined)
    const saves = sessions.map(save)
    await Promise.all(saves.slice(0, 2))
    expect(releases).toBeLessThanOrEqual(3)
    open()
    await Promise.all(saves)
    expect([...provider.rows.values()][0]?.get('n')).toBe(8)
  })

  test('that fails lets the next ones go on', async () => {
    const { provider, sessions, read } = await setUp()
    let releases = 0
    provider.before = called =>
      called === 'sessionRelease' && ++releases % 2 === 1 ? Promise.reject(new Error('down')) : undefined
    const results = await Promise.allSettled(sessions.map(save))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    provider.before = () => undefined
    expect((await read()).get('n')).toBe(4)
  })
})
