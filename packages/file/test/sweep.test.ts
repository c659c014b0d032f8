import { mkdir, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TOMBSTONE_BYTES } from '@sess/core/engine'
import { expect, it } from 'vitest'
import { observing } from './support/fs-gate.ts'
import { dataOf, newId, newWorkplace, pathIn, type Workplace } from './support/workplace.ts'

const createAll = async (place: Workplace, count: number, milliseconds: number) => {
  const store = await place.open()
  const ids = Array.from({ length: count }, newId)
  await Promise.all(ids.map(id => store.create(id, dataOf('content'), place.in(milliseconds))))
  return ids
}

const filesOf = (ids: string[]) => ids.map(id => `${id[0]}/${id[1]}/${id}`).sort()

/** Long enough ago for anything to be abandoned. */
const age = async (path: string) => utimes(path, 1, 1)

it('removes expired records in batches, and goes on where it stopped', async () => {
  const place = await newWorkplace()
  await createAll(place, 50, 1000)
  const live = await createAll(place, 50, 60_000)
  const store = await place.open()
  place.clock.time += 1000
  const opened: unknown[] = []
  const swept: number[] = []
  do {
    const count = await observing(
      ({ method, args }) => {
        if (method === 'open') opened.push(args[0])
      },
      () => store.sweep(place.clock.now(), 20),
    )
    swept.push(count)
  } while (swept.at(-1) === 20)
  expect(swept).toEqual([20, 20, 10])
  expect((await place.files()).filter(name => !name.startsWith('.'))).toEqual(filesOf(live))
  // Every file is read once to find it expired, and once more under its lock.
  expect(opened.length).toBeLessThanOrEqual(50 + 2 * 50)
})

it('finds what expired behind the point where it stopped', async () => {
  const place = await newWorkplace()
  await createAll(place, 30, 1000)
  await createAll(place, 30, 2000)
  const store = await place.open()
  place.clock.time += 1000
  expect(await store.sweep(place.clock.now(), 20)).toBe(20)
  place.clock.time += 1000
  expect(await store.sweep(place.clock.now(), 100)).toBe(40)
})

it('reads a directory of many files a few names at a time, and a few files, so that requests get their turn', async () => {
  const place = await newWorkplace()
  const store = await place.open()
  const ids = Array.from({ length: 500 }, (_, i) => `aa${i}`)
  await Promise.all(ids.map(id => store.create(id, dataOf('content'), place.in(1000))))
  place.clock.time += 1000
  let atOnce = 0
  let most = 0
  const count = await observing(
    ({ method }) => {
      if (method !== 'open') return
      atOnce++
      most = Math.max(most, atOnce)
      setImmediate(() => atOnce--)
    },
    () => store.sweep(place.clock.now(), 1000),
  )
  expect(count).toBe(500)
  // Four files; a turn may see the end of one reading and the beginning of the next.
  expect(most).toBeLessThanOrEqual(8)
})

it('touches nothing but its own files', async () => {
  const place = await newWorkplace()
  const [id] = (await createAll(place, 1, 1000)) as [string]
  const shard = dirname(pathIn(place.directory, id))
  const strangers = [
    join(place.directory, 'notes.txt'),
    join(place.directory, 'z'),
    join(place.directory, '.hidden'),
    join(place.directory, '.owners', 'README'),
    join(shard, 'notes.txt'),
    join(shard, `${id.slice(0, 2)}-of-somebody-else`),
    join(shard, `${id.slice(0, 2)}-empty`),
    join(place.directory, 'sessions', 'x', 'y', 'xyz'),
  ]
  for (const path of strangers) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, path.endsWith('empty') ? '' : 'sess? no: notes of somebody else')
    await age(path)
  }
  const outside = join(place.directory, '..', 'outside')
  const [far] = (await createAll(place, 1, 1000)) as [string]
  await mkdir(join(outside, 'q'), { recursive: true })
  await symlink(outside, join(place.directory, 'q'))
  await writeFile(join(outside, 'q', 'qq1'), 'outside')
  place.clock.time += 1000
  const store = await place.open()
  expect(await store.sweep(place.clock.now(), 100)).toBe(2)
  expect(await store.sweep(place.clock.now(), 100)).toBe(0)
  for (const path of [...strangers, join(outside, 'q', 'qq1')])
    await expect(stat(path)).resolves.toBeDefined()
  for (const gone of [id, far]) await expect(stat(pathIn(place.directory, gone))).rejects.toThrow('ENOENT')
  expect(await store.count(place.clock.now())).toBe(0)
})

it('reclaims its own files that are damaged', async () => {
  const place = await newWorkplace()
  const [id] = (await createAll(place, 1, 60_000)) as [string]
  const store = await place.open()
  const path = pathIn(place.directory, id)
  const { size } = await stat(path)
  const { truncate } = await import('node:fs/promises')
  await truncate(path, size - 1)
  expect(await store.count(place.clock.now())).toBe(0)
  expect(await store.sweep(place.clock.now(), 100)).toBe(1)
  await expect(stat(path)).rejects.toThrow('ENOENT')
})

it('leaves a record that was replaced after it was found expired', async () => {
  const place = await newWorkplace()
  const [id] = (await createAll(place, 1, 1000)) as [string]
  const [sweeper, writer] = [await place.open(), await place.open()]
  place.clock.time += 1000
  let isFound = false
  const swept = await observing(
    async ({ method, args }) => {
      // The first open has found it expired, the next call would lock it.
      if (isFound && method === 'link') {
        isFound = false
        await writer.create(id, dataOf('new'), place.in(1000))
      }
      if (method === 'open' && args[0] === pathIn(place.directory, id)) isFound = true
    },
    () => sweeper.sweep(place.clock.now(), 100),
  )
  expect(swept).toBe(0)
  expect(await writer.load(id)).toBeDefined()
})

it('lets one store sweep at a time', async () => {
  const place = await newWorkplace()
  await createAll(place, 10, 1000)
  const [one, two] = [await place.open(), await place.open()]
  place.clock.time += 1000
  let inBetween: number | undefined
  const swept = await observing(
    async ({ method, args }) => {
      if (method !== 'open' || inBetween !== undefined || String(args[0]).includes('.owners')) return
      inBetween = await two.sweep(place.clock.now(), 100)
    },
    () => one.sweep(place.clock.now(), 100),
  )
  expect([swept, inBetween]).toEqual([10, 0])
  expect(await two.sweep(place.clock.now(), 100)).toBe(0)
})

it('removes the temporary files and locks of processes that are gone, and those only', async () => {
  const place = await newWorkplace()
  const [id] = (await createAll(place, 1, 60_000)) as [string]
  const [alive, store] = [await place.open(), await place.open()]
  const owners = join(place.directory, '.owners')
  const gone = join(owners, '0123456789abcdef')
  const recent = join(owners, 'fedcba9876543210')
  for (const owner of [gone, recent]) {
    await mkdir(owner)
    await symlink(`../../.owners/${owner.slice(-16)}`, join(owner, 'self'))
    await writeFile(join(owner, '1'), 'half a session')
  }
  const lock = `${pathIn(place.directory, id)}.lock`
  await symlink('../../.owners/0123456789abcdef', lock)
  const { lutimes } = await import('node:fs/promises')
  await lutimes(lock, 1, 1)
  await age(gone)
  await store.sweep(place.clock.now(), 100)
  await expect(stat(gone)).rejects.toThrow('ENOENT')
  await expect(readlink(lock)).rejects.toThrow('ENOENT')
  await expect(stat(join(recent, '1'))).resolves.toBeDefined()
  expect(await alive.load(id)).toBeDefined()
})

it('takes the files of a store that was idle for long, which then goes on with new ones', async () => {
  const place = await newWorkplace()
  const [idle, store] = [await place.open(), await place.open()]
  const id = newId()
  let token = (await idle.create(id, dataOf('content'), place.in(60_000))) as string
  token = (await idle.update(id, dataOf('changed'), place.in(60_000), token)) as string
  const owners = (await place.files()).filter(name => name.endsWith('self'))
  expect(owners).toHaveLength(2)
  for (const name of owners) await age(dirname(join(place.directory, name)))
  await store.sweep(place.clock.now(), 100)
  expect((await place.files()).filter(name => name.endsWith('self'))).toHaveLength(1)
  token = (await idle.update(id, dataOf('changed again'), place.in(60_000), token)) as string
  expect(token).toBeDefined()
  const other = newId()
  expect(await idle.create(other, dataOf('content'), place.in(60_000))).toBeDefined()
  await idle.delete(id)
  expect(await store.load(id)).toBeUndefined()
  expect(await store.load(other)).toBeDefined()
})

it('counts what is live: no tombstone, nothing expired', async () => {
  const place = await newWorkplace()
  await createAll(place, 40, 1000)
  await createAll(place, 30, 2000)
  const store = await place.open()
  await store.create(newId(), new Uint8Array(TOMBSTONE_BYTES), place.in(2000))
  expect(await store.count(place.clock.now())).toBe(70)
  expect(await store.count(place.clock.now() + 1000)).toBe(30)
  expect(await store.count(place.clock.now() + 2000)).toBe(0)
})
