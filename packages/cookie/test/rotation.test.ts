import { CookieStore } from '@sess/cookie'
import { expect, it } from 'vitest'
import { COOKIE, newSecret, serve, TestClock, Visitor } from './support/site.ts'

const clock = new TestClock()
const [oldest, old, current] = [newSecret(), newSecret(), newSecret()]
const data = Buffer.from('username=astaxie')
const storeOf = (...secrets: string[]) => CookieStore.open({ secrets }, { clock, cookieName: COOKIE })

it('the first secret seals, all open, and only what the first sealed is up to date', async () => {
  const expiresAt = clock.now() + 60_000
  const rotated = await storeOf(current, old, oldest)
  for (const [secret, isOutdated] of [
    [current, false],
    [old, true],
    [oldest, true],
  ] as const) {
    const sealed = (await storeOf(secret)).seal(data, expiresAt)
    expect(rotated.open(sealed)).toEqual({
      data,
      expiresAt,
      isOutdated,
      sealedAt: expect.closeTo(clock.now(), 0),
    })
  }
  expect((await storeOf(current)).open(rotated.seal(data, expiresAt))).toBeDefined()
  expect((await storeOf(old)).open(rotated.seal(data, expiresAt))).toBe(undefined)
})

it('a secret that is listed twice counts as the first', async () => {
  const store = await storeOf(current, old, current)
  expect(store.open(store.seal(data, clock.now() + 1))).toMatchObject({ isOutdated: false })
})

it('a session of an old secret is sealed again as soon as it is read, and outlives that secret', async () => {
  const before = await serve({ secrets: old })
  const during = await serve({ secrets: [current, old] })
  const after = await serve({ secrets: current })
  const [returning, absent] = [new Visitor(), new Visitor()]
  for (const visitor of [returning, absent]) await visitor.go(before, '/count?size=5000')

  const { n, setCookies } = await returning.go(during)
  expect(n).toBe(1)
  expect(setCookies).toHaveLength(2)
  expect((await returning.go(during)).setCookies).toEqual([])

  expect(await returning.go(after)).toMatchObject({ n: 1, blob: 5000 })
  expect(await absent.go(after)).toMatchObject({ n: 0, blob: 0 })
})

it('servers of an old and of a new list share sessions while the new one is rolled out', async () => {
  // First the new secret becomes known everywhere, then it seals.
  const one = await serve({ secrets: [old, current] })
  const two = await serve({ secrets: [current, old] })
  const visitor = new Visitor()
  for (let n = 1; n <= 6; n++) expect((await visitor.go(n % 2 ? one : two, '/count')).n).toBe(n)
})
