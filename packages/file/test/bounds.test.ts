import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, open, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodeFile, MAX_BYTES, MAX_FILE_BYTES } from '../src/lib/file-format.ts'
import { observing } from './support/fs-gate.ts'
import { contentOf, dataOf, newId, newWorkplace, pathIn } from './support/workplace.ts'

const GB = 1024 ** 3

/** How many bytes some work reads, at most. */
async function bytesRead(work: () => Promise<unknown>): Promise<number> {
  let bytes = 0
  await observing(({ method, args }) => {
    if (method === 'read') bytes += args[3] as number
  }, work)
  return bytes
}

/** A store, and a file in the place of a session: our mark and a length, then nothing up to that size. */
async function prepare(size: number, length = size - 100) {
  const place = await newWorkplace()
  const store = await place.open()
  const id = newId()
  const path = pathIn(place.directory, id)
  const head = encodeFile(id, dataOf('content'), place.in(60_000)).subarray(0, 200)
  head.writeUInt32LE(length % 2 ** 32, 12)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, head)
  await truncate(path, size)
  return { place, store, id, path }
}

describe('a file that is larger than any session is damaged, and never read whole', () => {
  it.each([
    ['3 GB', 3 * GB],
    ['just below 4 GB', 4 * GB - 4096],
    ['5 GB, more than its length can say', 5 * GB],
    ['500 MB', 500_002_816],
    ['a page more than the largest', MAX_FILE_BYTES + 4096],
  ])('%s', async (_, size) => {
    const { place, store, id, path } = await prepare(size)
    const read = await bytesRead(async () => {
      expect(await store.load(id)).toBeUndefined()
      expect(await store.count(place.clock.now())).toBe(0)
      expect(await store.update(id, dataOf('new'), place.in(1000), 'token')).toBeUndefined()
      expect(await store.sweep(place.clock.now(), 10)).toBe(1)
    })
    expect(read).toBeLessThan(100_000)
    await expect(stat(path)).rejects.toThrow('ENOENT')
    expect(await store.create(id, dataOf('again'), place.in(1000))).toBeDefined()
  })

  it('and one that says so without being so', async () => {
    const { store, id } = await prepare(12_288, 3 * GB)
    expect(await bytesRead(() => store.load(id))).toBeLessThan(10_000)
  })

  it('and one of somebody else, which stays', async () => {
    const { place, store, id, path } = await prepare(3 * GB)
    const file = await open(path, 'r+')
    await file.write('notes of somebody else')
    await file.close()
    const read = await bytesRead(async () => {
      expect(await store.load(id)).toBeUndefined()
      expect(await store.count(place.clock.now())).toBe(0)
      expect(await store.sweep(place.clock.now(), 10)).toBe(0)
    })
    expect(read).toBeLessThan(100_000)
    expect((await stat(path)).size).toBe(3 * GB)
  })
})

it('holds the largest session, and its limit is what core refuses to exceed', async () => {
  const place = await newWorkplace()
  const store = await place.open()
  expect(store.maxBytes).toBe(MAX_BYTES)
  const id = 'x'.repeat(200)
  const data = randomBytes(MAX_BYTES)
  await store.create(id, data, place.in(1000))
  expect(Buffer.from((await store.load(id))?.data ?? []).equals(data)).toBe(true)
})

it('reads a file that grows while it is read as it was or as damaged, and to no end', async () => {
  const place = await newWorkplace()
  const store = await place.open()
  const id = newId()
  await store.create(id, dataOf('x'.repeat(100_000)), place.in(1000))
  let reads = 0
  const read = await bytesRead(() =>
    observing(
      async ({ method }) => {
        if (method !== 'read' || ++reads > 100) return
        await appendFile(pathIn(place.directory, id), Buffer.alloc(100_000, 'y'))
      },
      () => store.load(id),
    ),
  )
  expect(reads).toBeLessThan(5)
  expect(read).toBeLessThan(300_000)
  expect(await store.load(id)).toBeUndefined()
})

describe('what is no file in the place of a session is not waited for, not counted and not swept:', () => {
  it.each<[string, (path: string) => unknown]>([
    ['a pipe', path => execFileSync('mkfifo', [path])],
    ['a directory', path => mkdir(path)],
    ['a symbolic link to a device without an end', path => symlink('/dev/zero', path)],
    ['a symbolic link to itself', path => symlink(path, path)],
    [
      'a socket',
      path =>
        new Promise<void>(resolve => {
          const server = createServer().listen(path, resolve)
          onTestFinished(() => void server.close())
        }),
    ],
  ])('%s', async (_, put) => {
    const place = await newWorkplace()
    const store = await place.open()
    // A socket's path has to be short.
    const id = 'xs'
    await store.create('xsother', dataOf('another session'), place.in(1000))
    const path = pathIn(place.directory, id)
    await put(path)
    expect(await store.load(id)).toBeUndefined()
    expect(await store.update(id, dataOf('new'), place.in(1000), 'token')).toBeUndefined()
    expect(await store.count(place.clock.now())).toBe(1)
    expect(await store.sweep(place.clock.now(), 10)).toBe(0)
    await rm(path, { recursive: true })
    expect(await store.create(id, dataOf('a session'), place.in(1000))).toBeDefined()
    expect(contentOf((await store.load(id))?.data)).toBe('a session')
  })
})
