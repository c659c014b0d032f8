import { lstat, lutimes, mkdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { observing } from './support/fs-gate.ts'
import { dataOf, newId, newWorkplace, pathIn } from './support/workplace.ts'

const DAY = 86_400
const now = () => Date.now() / 1000

/** A store with a session, and a lock on it of somebody who is gone. */
async function prepare(date: number, owner = '0123456789abcdef') {
  const place = await newWorkplace()
  const store = await place.open({ lease: 1000 })
  const id = newId()
  const token = (await store.create(id, dataOf('a session'), place.in(60_000))) as string
  const lock = `${pathIn(place.directory, id)}.lock`
  await symlink(`../../.owners/${owner}`, lock)
  await lutimes(lock, date, date)
  return { place, store, id, token, lock }
}

describe('a lock that is dated in the future is taken over', () => {
  it.each([
    ['a day', DAY],
    ['ten years', 3650 * DAY],
    ['a little more than a lease', 60],
  ])('%s ahead: at once', async (_, ahead) => {
    const { place, store, id, token } = await prepare(now() + ahead)
    let attempts = 0
    const updated = await observing(
      ({ method, args }) => {
        if (method === 'link' && String(args[1]).endsWith('.lock')) attempts++
      },
      () => store.update(id, dataOf('changed'), place.in(1000), token),
    )
    expect(updated).toBeDefined()
    expect(attempts).toBe(2)
  })

  it('by less than a lease ahead: when nothing has moved for a lease', async () => {
    const { place, store, id, token } = await prepare(now() + 0.9)
    expect(await store.update(id, dataOf('changed'), place.in(1000), token)).toBeDefined()
  })

  it('by a sweep too, which is not kept from sweeping by a lock of its own kind', async () => {
    const { place, store, lock } = await prepare(now() + DAY)
    const id = newId()
    await store.create(id, dataOf('expired'), place.in(100))
    place.clock.time += 100
    const sweep = join(place.directory, '.owners', 'sweep.lock')
    await symlink('../../.owners/0123456789abcdef', sweep)
    await lutimes(sweep, now() + DAY, now() + DAY)
    expect(await store.sweep(place.clock.now(), 10)).toBe(1)
    await expect(readlink(lock)).rejects.toThrow('ENOENT')
  })
})

describe('what has the name of a lock and is none', () => {
  it.each<[string, (path: string) => Promise<unknown>]>([
    ['a file', path => writeFile(path, 'of somebody else')],
    ['a directory, as other libraries lock', path => mkdir(path)],
    ['a symbolic link to somewhere else', path => symlink('/etc/hostname', path)],
    ['a symbolic link to a name like that of an owner', path => symlink('../0123456789abcdef', path)],
  ])('stays, and is told by the save: %s', async (_, put) => {
    const place = await newWorkplace()
    const store = await place.open({ lease: 100 })
    const id = newId()
    const token = await store.create(id, dataOf('a session'), place.in(1000))
    const lock = `${pathIn(place.directory, id)}.lock`
    await put(lock)
    await lutimes(lock, 1, 1)
    await expect(store.update(id, dataOf('new'), place.in(1000), token)).rejects.toMatchObject({
      code: 'ERR_BACKEND',
      message: expect.stringMatching(/has the name of a lock of a session\. Remove it/),
    })
    const expired = newId()
    await store.create(expired, dataOf('expired'), place.in(100))
    place.clock.time += 100
    expect(await store.sweep(place.clock.now(), 10)).toBe(1)
    expect(await store.count(place.clock.now())).toBe(1)
    await expect(lstat(lock)).resolves.toBeDefined()
  })
})
