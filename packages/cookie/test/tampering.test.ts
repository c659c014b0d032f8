import { CookieStore } from '@sess/cookie'
import { describe, expect, it } from 'vitest'
import { COOKIE, newSecret, TestClock } from './support/site.ts'

const clock = new TestClock()
const secret = newSecret()
const data = Buffer.from('username=astaxie')
const open = (given: string | string[] = secret, cookieName = COOKIE) =>
  CookieStore.open({ secrets: given }, { clock, cookieName })
const in60s = () => clock.now() + 60_000

describe('a seal is opened', () => {
  it('by every server that has the secret', async () => {
    const [one, two] = [await open(), await open()]
    const expiresAt = in60s()
    expect(two.open(one.seal(data, expiresAt))).toEqual({
      data,
      expiresAt,
      isOutdated: false,
      sealedAt: expect.closeTo(clock.now(), 0),
    })
  })

  it('not with a byte changed, wherever it is', async () => {
    const store = await open()
    const bytes = Buffer.from(store.seal(data, in60s()), 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ mask
        expect(store.open(changed.toString('base64url')), `byte ${at} ^ ${mask}`).toBe(undefined)
      }
    }
  })

  it('not cut short or made longer, wherever it is', async () => {
    const store = await open()
    const bytes = Buffer.from(store.seal(data, in60s()), 'base64url')
    for (let length = 0; length < bytes.length; length++) {
      expect(store.open(bytes.toString('base64url', 0, length)), `${length} bytes`).toBe(undefined)
      expect(store.open(bytes.toString('base64url', length + 1)), `without ${length + 1}`).toBe(undefined)
    }
    expect(store.open(Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64url'))).toBe(undefined)
  })

  it('not in another spelling of the same bytes', async () => {
    const store = await open()
    for (let i = 0; i < 20; i++) {
      const sealed = store.seal(data.subarray(0, i % 3), in60s())
      expect(store.open(sealed)).toBeDefined()
      for (const other of [
        `${sealed}=`,
        ` ${sealed}`,
        `${sealed}\n`,
        sealed.replaceAll('-', '+').replaceAll('_', '/').concat(' '),
      ])
        expect(store.open(other)).toBe(undefined)
    }
  })

  it('not with parts of two swapped', async () => {
    const store = await open()
    const [one, two] = [store.seal(data, in60s()), store.seal(data, in60s())]
    for (let at = 1; at < one.length; at++) {
      // The same version and key id begin both.
      const mixed = one.slice(0, at) + two.slice(at)
      if (mixed !== one && mixed !== two) expect(store.open(mixed), `at ${at}`).toBe(undefined)
    }
  })

  it('not as another cookie', async () => {
    const [mine, admin] = [await open(), await open(secret, 'adminid')]
    expect(admin.open(mine.seal(data, in60s()))).toBe(undefined)
    expect(mine.open(admin.seal(data, in60s()))).toBe(undefined)
  })

  it('not with another secret, nor with one that differs in the last character', async () => {
    const store = await open()
    const sealed = store.seal(data, in60s())
    expect((await open(newSecret())).open(sealed)).toBe(undefined)
    expect((await open(`${secret}=`)).open(sealed)).toBe(undefined)
  })

  it('not when it has expired, to the millisecond', async () => {
    const store = await open()
    const expiresAt = in60s()
    const sealed = store.seal(data, expiresAt)
    clock.tick(59.999)
    expect(store.open(sealed)).toMatchObject({ expiresAt })
    clock.tick(0.001)
    expect(store.open(sealed)).toBe(undefined)
    expect(store.open(store.seal(data, clock.now()))).toBe(undefined)
  })

  it('not when it was sealed in the future, but for a minute between the clocks of servers', async () => {
    const ahead = new TestClock()
    ahead.tick((clock.now() - ahead.now()) / 1000)
    const store = await open()
    const other = await CookieStore.open(secret, { clock: ahead, cookieName: COOKIE })
    ahead.tick(60)
    expect(store.open(other.seal(data, in60s()))).toBeDefined()
    ahead.tick(0.001)
    expect(store.open(other.seal(data, in60s()))).toBe(undefined)
  })
})

it('no two seals have the same nonce, key or text', async () => {
  const stores = [await open(), await open()]
  const nonces = new Set<string>()
  const texts = new Set<string>()
  for (let i = 0; i < 2000; i++) {
    const sealed = (stores[i % 2] as CookieStore).seal(data, 4e12)
    const bytes = Buffer.from(sealed, 'base64url')
    nonces.add(bytes.toString('hex', 5, 17)).add(bytes.toString('hex', 17, 29))
    texts.add(bytes.toString('hex', 29))
  }
  expect(nonces.size).toBe(4000)
  expect(texts.size).toBe(2000)
})

it('a seal shows nothing of what is in it, not even its times', async () => {
  const store = await open()
  const text = 'the same text again and again '.repeat(50)
  const bytes = Buffer.from(store.seal(Buffer.from(text), in60s()), 'base64url')
  const expiry = Buffer.alloc(8)
  expiry.writeDoubleBE(in60s())
  expect(bytes.includes('again')).toBe(false)
  expect(bytes.includes(expiry.subarray(0, 4))).toBe(false)
  expect(bytes.length).toBe(text.length + 61)
})
