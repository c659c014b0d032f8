import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { decodeFile, encodeFile } from '../src/lib/file-format.ts'
import { contentOf, dataOf, newId, newWorkplace, pathIn, type Workplace } from './support/workplace.ts'

/** A stored session, its file's bytes, and a way to put others in their place. */
async function stored(place: Workplace, content: string | Uint8Array) {
  const store = await place.open()
  const id = newId()
  const data = dataOf(content)
  const token = (await store.create(id, data, place.in(1000))) as string
  const path = pathIn(place.directory, id)
  const whole = await readFile(path)
  return { store, id, data, token, path, whole, put: (bytes: Uint8Array) => writeFile(path, bytes) }
}

it('takes no file that was cut, at any byte, for a session', () => {
  for (const size of [40, 4000, 9000]) {
    const whole = encodeFile('xsnk', dataOf('x'.repeat(size)), 1000)
    for (let length = 0; length < whole.length; length++)
      if (typeof decodeFile(whole.subarray(0, length), 'xsnk') !== 'string')
        expect.fail(`${size} bytes, cut to ${length}`)
    expect(decodeFile(Buffer.concat([whole, Buffer.alloc(1)]), 'xsnk')).toBe('torn')
    expect(decodeFile(Buffer.concat([whole, whole]), 'xsnk')).toBe('torn')
    expect(decodeFile(whole, 'xsnk')).toMatchObject({ expiresAt: 1000 })
  }
})

it('takes no file with a flipped bit, any bit, for a session', () => {
  for (const size of [40, 4500]) {
    const whole = encodeFile('xsnk', dataOf('x'.repeat(size)), 1000)
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const at = bit >> 3
      whole[at] = (whole[at] as number) ^ (1 << (bit & 7))
      if (typeof decodeFile(whole, 'xsnk') !== 'string') expect.fail(`${size} bytes, bit ${bit} flipped`)
      whole[at] = (whole[at] as number) ^ (1 << (bit & 7))
    }
  }
})

it('reads a torn file as no session', async () => {
  const place = await newWorkplace()
  const { store, id, data, token, whole, put } = await stored(place, 'a session of the usual kind')
  for (let at = 0; at < whole.length; at += 173) {
    await put(whole.subarray(0, at))
    expect(await store.load(id), `cut to ${at}`).toBeUndefined()
    const flipped = Buffer.from(whole)
    flipped[at] = (flipped[at] as number) ^ 1
    await put(flipped)
    expect(await store.load(id), `a bit of byte ${at} flipped`).toBeUndefined()
  }
  expect(await store.update(id, dataOf('b'), place.in(1000), token)).toBeUndefined()
  await put(whole)
  expect((await store.load(id))?.data).toEqual(data)
})

it('reads a large file that is damaged as no session, however large it claims to be', async () => {
  const place = await newWorkplace()
  const content = Buffer.alloc(100_000, 'x')
  const { store, id, data, whole, put } = await stored(place, content)
  for (const length of [8191, 8192, 8193, 50_000, whole.length - 1]) {
    await put(whole.subarray(0, length))
    expect(await store.load(id), `cut to ${length}`).toBeUndefined()
  }
  for (const at of [0, 8, 12, 13, 14, 15, 5000, 8191, 8192, 99_999, whole.length - 1]) {
    const flipped = Buffer.from(whole)
    flipped[at] = (flipped[at] as number) ^ 0x80
    await put(flipped)
    expect(await store.load(id), `byte ${at}`).toBeUndefined()
  }
  await put(whole)
  expect((await store.load(id))?.data).toEqual(data)
})

it("takes another session's file for none, and one of before for that session", async () => {
  const place = await newWorkplace()
  const { store, id, put } = await stored(place, 'mine')
  const other = newId()
  await store.create(other, dataOf('of another'), place.in(1000))
  await put(await readFile(pathIn(place.directory, other)))
  expect(await store.load(id)).toBeUndefined()
})

it('can store a session again over whatever lies in its place', async () => {
  const place = await newWorkplace()
  const { store, id, path, whole, put } = await stored(place, 'a')
  const pipe = async () => {
    await rm(path, { force: true })
    execFileSync('mkfifo', [path])
  }
  const remains: [what: string, lay: () => Promise<unknown>, isOurs: boolean][] = [
    ['nothing', () => rm(path), true],
    ['half a file', () => put(whole.subarray(0, whole.length / 2)), true],
    ['an empty file', () => put(new Uint8Array()), false],
    ['zeros', () => put(Buffer.alloc(whole.length)), false],
    ['a file of somebody else', () => put(Buffer.from('# notes\n')), false],
    ['a pipe', pipe, false],
  ]
  for (const [what, lay, isOurs] of remains) {
    await lay()
    expect(await store.load(id), what).toBeUndefined()
    expect(await store.create(id, dataOf('again'), place.in(1000)), what).toBeDefined()
    expect(contentOf((await store.load(id))?.data), what).toBe('again')
    await lay()
    expect(await store.delete(id), what).toBe(false)
    if (isOurs) await expect(stat(path), what).rejects.toThrow('ENOENT')
    else await expect(stat(path), what).resolves.toBeDefined()
    await store.create(id, dataOf('for the next one'), place.in(1000))
  }
})

it('takes a directory in place of a session for none', async () => {
  const place = await newWorkplace()
  const store = await place.open()
  const id = newId()
  await mkdir(pathIn(place.directory, id), { recursive: true })
  expect(await store.load(id)).toBeUndefined()
  await rm(dirname(pathIn(place.directory, id)), { recursive: true })
  await writeFile(dirname(pathIn(place.directory, id)), 'not a directory')
  expect(await store.load(id)).toBeUndefined()
})
