import { describe, expect, it } from 'vitest'
import { COOKIE, newSecret, serve, TestClock, Visitor } from './support/site.ts'

const secret = newSecret()
const namesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => (i === 0 ? COOKIE : `${COOKIE}.${i}`))

describe('a session grows and shrinks', () => {
  it('through all its cookies, and leaves none behind', async () => {
    const site = await serve(secret)
    const visitor = new Visitor()
    for (const [size, cookies] of [
      [100, 1],
      [4000, 2],
      [8000, 3],
      [4000, 2],
      [8000, 3],
      [100, 1],
      [0, 1],
    ] as const) {
      const reply = await visitor.go(site, `/count?size=${size}`)
      expect(reply.status).toBe(200)
      expect(await visitor.names(site)).toEqual(namesOf(cookies))
      expect((await visitor.go(site)).blob).toBe(size)
    }
    expect((await visitor.go(site)).n).toBe(7)
    await visitor.go(site, '/count?size=8000')
    await visitor.go(site, '/logout')
    expect(await visitor.names(site)).toEqual([])
    expect((await visitor.go(site)).n).toBe(0)
  })

  it('byte by byte past the edge of a cookie, none of which has more than 4096 bytes', async () => {
    const site = await serve(secret, { cookieLifeTime: 86400, domain: '127.0.0.1' })
    const visitor = new Visitor()
    const counts = new Set<number>()
    for (let size = 2850; size <= 2950; size += 2) {
      const { setCookies } = await visitor.go(site, `/?size=${size}`)
      counts.add(setCookies.filter(line => !line.includes('Max-Age=0')).length)
      for (const line of setCookies) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4096)
      expect((await visitor.go(site)).blob).toBe(size)
    }
    expect([...counts]).toEqual([1, 2])
  })

  it('up to a limit, past which the save is an error and the last session stays', async () => {
    const errors: unknown[] = []
    const site = await serve(secret, {
      onSaveError: (error, _req, res) => {
        errors.push(error)
        res.end()
      },
    })
    const visitor = new Visitor()
    await visitor.go(site, '/count?size=8000')
    expect((await visitor.go(site, '/count?size=9500')).setCookies).toEqual([])
    expect(errors).toMatchObject([{ code: 'ERR_TOO_LARGE', limit: expect.any(Number) }])
    expect(await visitor.go(site)).toMatchObject({ n: 1, blob: 8000 })
  })

  it('past three cookies where maxCookies says so and the server takes such headers', async () => {
    const config = { secrets: secret, maxCookies: 5 }
    const site = await serve(config, {}, { maxHeaderSize: 32_768 })
    const visitor = new Visitor()
    await visitor.go(site, '/?size=14000')
    expect(await visitor.names(site)).toEqual(namesOf(5))
    expect((await visitor.go(site)).blob).toBe(14_000)
    // What the README warns of.
    expect((await visitor.go(await serve(config))).status).toBe(431)
  })

  it('in one cookie only where maxCookies is 1', async () => {
    const site = await serve({ secrets: secret, maxCookies: 1 })
    const visitor = new Visitor()
    expect((await visitor.go(site, '/?size=2500')).status).toBe(200)
    expect((await visitor.go(site, '/?size=4000')).status).toBe(500)
  })
})

it('cookies of two sessions cannot be mixed', async () => {
  const site = await serve(secret)
  const [one, two] = [new Visitor(), new Visitor()]
  for (const visitor of [one, two]) await visitor.go(site, '/count?size=5000')
  const theirs = (await two.jar.getCookies(site)).find(cookie => cookie.key === `${COOKIE}.1`)
  await one.jar.setCookie(`${COOKIE}.1=${theirs?.value}; Path=/`, site)
  expect(await one.go(site)).toMatchObject({ n: 0, blob: 0 })
})

it('a copied cookie works until it expires, a logout notwithstanding, and no longer', async () => {
  const clock = new TestClock()
  const site = await serve(secret, { clock, maxLifetime: 600 })
  const visitor = new Visitor()
  await visitor.go(site, '/count')
  const thief = await visitor.copy()
  await visitor.go(site, '/logout')
  expect((await visitor.go(site)).n).toBe(0)
  clock.tick(599)
  expect((await (await thief.copy()).go(site)).n).toBe(1)
  clock.tick(1)
  expect((await thief.go(site)).n).toBe(0)
})

it('with an absolute lifetime a copied cookie ends with it, however much it is used', async () => {
  const clock = new TestClock()
  const site = await serve(secret, { clock, maxLifetime: 600, absoluteLifetime: 1500 })
  const visitor = new Visitor()
  await visitor.go(site, '/count')
  const thief = await visitor.copy()
  for (let i = 0; i < 5; i++) {
    expect((await thief.go(site)).n).toBe(1)
    clock.tick(299)
  }
  expect((await thief.go(site)).n).toBe(1)
  clock.tick(5)
  expect((await thief.go(site)).n).toBe(0)
})

it('a sealed session in the cookie of another manager is none, whatever secret they share', async () => {
  const site = await serve(secret)
  const visitor = new Visitor()
  await visitor.go(site, '/count')
  const admin = await serve(secret, { cookieName: 'adminid' })
  await visitor.jar.setCookie(`adminid=1.${await visitor.sealed(site)}; Path=/`, admin)
  expect((await visitor.go(admin)).n).toBe(0)
})
