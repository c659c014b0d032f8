import { randomBytes } from 'node:crypto'
import { type ManagerOptions, newManager } from '@sess/core'
import { fromSealedStore } from '@sess/core/engine'
import { describe, expect, it } from 'vitest'
import { AESStore } from './support/aes-store.ts'
import { COOKIE, type Data, setUp } from './support/managers.ts'
import { read, started } from './support/web.ts'

// A neighbouring host can give a visitor cookies of any name, which the browser sends before ours.

const hex = (bytes: number) => randomBytes(bytes).toString('hex')
const junk: [string, (i: number) => string][] = [
  ['text', i => `junk${i}`],
  ['nothing', () => ''],
  ['numbers', i => `${i}.${i}`],
  ['other hex', i => 'a'.repeat(i % 31)],
  ['the form of an id in capitals', () => hex(16).toUpperCase()],
  ['the form of an id, quoted and spoilt', () => `"${hex(15)}zz"`],
]
const before = (count: number, value: (i: number) => string, cookie: string): string =>
  [...Array.from({ length: count }, (_, i) => `${COOKIE}=${value(i)}`), cookie].join('; ')

describe.each<[string, ManagerOptions]>([
  ['ids', {}],
  ['ids with a tag', { hashKey: ['new', 'old'] }],
])('cookies that can be no id do not hide the session: %s', (_, options) => {
  it.each(junk)('%s', async (_, value) => {
    const { manager, store } = await setUp(options)
    const cookie = await started(manager)
    for (const count of [4, 100, 1000]) {
      store.forget()
      expect(await read(manager, before(count, value, cookie))).toEqual({ n: 1 })
      expect(store.methods).toEqual(['load'])
    }
  })
})

it('made-up ids with a made-up tag do not hide the session, and are not looked up', async () => {
  const { manager, store } = await setUp({ hashKey: 'key' })
  const cookie = await started(manager)
  store.forget()
  expect(
    await read(
      manager,
      before(200, () => hex(32), cookie),
    ),
  ).toEqual({ n: 1 })
  expect(store.methods).toEqual(['load'])
})

it('the work for ids that could be ours is bounded', async () => {
  const { manager, store } = await setUp()
  const cookie = await started(manager)
  store.forget()
  expect(
    await read(
      manager,
      before(1000, () => hex(16), cookie),
    ),
  ).toEqual({})
  expect(store.methods).toEqual(['load', 'load', 'load', 'load'])

  let tags = 0
  const hashFunc = () => {
    tags++
    return randomBytes(16)
  }
  const tagged = await setUp({ hashKey: 'key', hashFunc })
  tags = 0
  expect(
    await read(
      tagged.manager,
      before(5000, () => hex(32), ''),
    ),
  ).toEqual({})
  expect(tags).toBe(256)
})

it('an id that comes again and again is looked up once', async () => {
  const { manager, store } = await setUp()
  const gone = hex(16)
  const cookie = await started(manager)
  store.forget()
  expect(
    await read(
      manager,
      before(20, () => gone, cookie),
    ),
  ).toEqual({ n: 1 })
  expect(store.methods).toEqual(['load', 'load'])
})

describe('sessions that live with the client', () => {
  const open = () => newManager<Data>(fromSealedStore(new AESStore()))

  it.each([
    ...junk,
    ['the form of a seal', i => `1.${hex(20)}${i}`],
    ['the first of several cookies', () => `3.${hex(20)}`],
    ['more cookies than there may be', () => `99.${hex(20)}`],
  ] as typeof junk)('are not hidden by %s', async (_, value) => {
    await using manager = await open()
    const cookie = await started(manager)
    for (const count of [4, 100]) expect(await read(manager, before(count, value, cookie))).toEqual({ n: 1 })
  })

  it('bound the seals that are opened', async () => {
    const store = new AESStore()
    let opened = 0
    const counting = fromSealedStore({
      seal: (data, expiresAt) => store.seal(data, expiresAt),
      open: sealed => {
        opened++
        return store.open(sealed)
      },
    })
    await using manager = await newManager<Data>(counting)
    const parts = Array.from({ length: 500 }, (_, i) => `${COOKIE}.1=${i}`).join('; ')
    expect(
      await read(
        manager,
        before(500, i => `2.${i}`, parts),
      ),
    ).toEqual({})
    expect(opened).toBe(256)
  })
})
