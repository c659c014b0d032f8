import { copyFile, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { expect, it, onTestFinished } from 'vitest'
import '@sess/file'
import { contentOf, dataOf, newId, newWorkplace, pathIn } from './support/workplace.ts'

const mode = async (path: string) => (await stat(path)).mode & 0o777

it("keeps the original's example where the original says", async () => {
  const { directory } = await newWorkplace()
  await mkdir(directory)
  const before = process.cwd()
  process.chdir(directory)
  onTestFinished(() => process.chdir(before))
  const manager = await newManager('file', { providerConfig: './tmp' })
  onTestFinished(() => manager.close())
  process.chdir(before)

  const sid = 'xsnkjklkjjkh27hjh78908'
  const session = await manager.getProvider().sessionRead(sid)
  session.set('username', 'astaxie')
  await session.sessionRelease()

  const file = await readFile(join(directory, 'tmp/x/s', sid))
  expect(file.includes('astaxie')).toBe(true)
  expect((await manager.getProvider().sessionRead(sid)).get('username')).toBe('astaxie')
  expect(await manager.getProvider().sessionExist(sid)).toBe(true)
  await manager.getProvider().sessionDestroy(sid)
  await expect(stat(join(directory, 'tmp/x/s', sid))).rejects.toThrow('ENOENT')
})

it('lets nobody but the owner read: directories 0700, files 0600, whatever the umask', async () => {
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  const place = await newWorkplace()
  const store = await place.open()
  const id = newId()
  const token = await store.create(id, dataOf('content'), place.in(1000))
  const path = pathIn(place.directory, id)
  expect(await mode(path)).toBe(0o600)
  await store.update(id, dataOf('changed'), place.in(1000), token as string)
  expect(await mode(path)).toBe(0o600)
  for (const directory of [
    place.directory,
    join(path, '..'),
    join(path, '../..'),
    join(place.directory, '.owners'),
  ])
    expect(await mode(directory)).toBe(0o700)
})

it('leaves nothing behind but the sessions when it is closed', async () => {
  const place = await newWorkplace()
  const store = await place.open()
  const [kept, deleted] = [newId(), newId()]
  for (const id of [kept, deleted]) {
    const token = await store.create(id, dataOf('content'), place.in(1000))
    await store.update(id, dataOf('changed'), place.in(1000), token as string)
  }
  await store.delete(deleted)
  await store.close()
  expect(await place.files()).toEqual([`${kept[0]}/${kept[1]}/${kept}`])
})

it('keeps nothing of what a session was', async () => {
  const place = await newWorkplace()
  const store = await place.open()
  const id = newId()
  const token = await store.create(id, dataOf('the secret'), place.in(1000))
  await store.update(id, dataOf('nothing'), place.in(1000), token as string)
  const holders = async () => {
    const contents = await Promise.all(
      (await place.files())
        .filter(name => !name.endsWith('self'))
        .map(name => readFile(join(place.directory, name))),
    )
    return contents.filter(content => content.includes('the secret')).length
  }
  await expect.poll(holders, { timeout: 5000 }).toBe(0)
})

it.each([
  ['', 'empty'],
  ['a', 'too short for two levels'],
  ['..', 'the parent'],
  ['.a', 'a leading dot'],
  ['a.', 'a dot'],
  ['../../escape', 'a way out'],
  ['ab/../../../escape', 'a way out further in'],
  ['/etc/passwd', 'an absolute path'],
  ['ab\\cd', 'a backslash'],
  ['ab\0cd', 'NUL'],
  ['ab cd', 'a space'],
  ['ab:cd', 'a stream of NTFS'],
  ['abcdef~1', 'a short name of NTFS'],
  ['café', 'a letter that file systems normalise'],
  ['ab.lock', 'the name of a lock'],
  ['.owners', 'the directory of our own files'],
  ['aux', 'a device of Windows'],
  ['COM1', 'another'],
  ['x'.repeat(201), 'too long for a file name'],
])('refuses the id %j: %s', async id => {
  const place = await newWorkplace()
  const store = await place.open()
  const before = await place.files()
  for (const call of [
    () => store.load(id),
    () => store.create(id, dataOf('content'), place.in(1000)),
    () => store.update(id, dataOf('content'), place.in(1000), 'token'),
    () => store.delete(id),
  ]) {
    const error = await call().catch(error => error)
    expect(isSessionError(error, 'ERR_INVALID_ID')).toBe(true)
    if (id.length > 2) expect(error.message).not.toContain(id)
  }
  expect(await place.files()).toEqual(before)
})

it.each(['ab', 'A-', '__', '--', '0'.repeat(200), 'constructor', '__proto__'])(
  'stores the id %j',
  async id => {
    const place = await newWorkplace()
    const store = await place.open()
    const token = await store.create(id, dataOf('content'), place.in(1000))
    expect(await store.update(id, dataOf('changed'), place.in(1000), token as string)).toBeDefined()
    expect(contentOf((await store.load(id))?.data)).toBe('changed')
    expect(await store.count(place.clock.now())).toBe(1)
    await store.delete(id)
    expect(await store.load(id)).toBeUndefined()
  },
)

it('follows no symbolic link in place of a session, and harms nothing at its end', async () => {
  const place = await newWorkplace()
  const store = await place.open()
  const [id, victim] = [newId(), newId()]
  const token = await store.create(victim, dataOf('of the victim'), place.in(1000))
  const outside = join(place.directory, 'outside')
  await writeFile(outside, 'untouched')
  // The worst: a session of that very id, prepared elsewhere.
  const prepared = join(place.directory, 'prepared')
  await store.create(id, dataOf('prepared by another'), place.in(1000))
  await copyFile(pathIn(place.directory, id), prepared)
  await store.delete(id)
  for (const target of [prepared, pathIn(place.directory, victim), outside, '/nowhere']) {
    await symlink(target, pathIn(place.directory, id))
    expect(await store.load(id)).toBeUndefined()
    expect(await store.update(id, dataOf('content'), place.in(1000), token as string)).toBeUndefined()
    expect(await store.create(id, dataOf('content'), place.in(1000))).toBeDefined()
    expect(contentOf((await store.load(id))?.data)).toBe('content')
    await store.delete(id)
  }
  expect(contentOf((await store.load(victim))?.data)).toBe('of the victim')
  expect(await readFile(outside, 'utf8')).toBe('untouched')
})
