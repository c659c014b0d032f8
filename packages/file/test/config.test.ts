import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { FileStore } from '@sess/file'
import { expect, it, onTestFinished } from 'vitest'
import { startWorker } from './support/worker.ts'
import { newWorkplace } from './support/workplace.ts'

async function errorOf(config: unknown): Promise<Error> {
  const error = await newManager('file', { providerConfig: config as string }).catch(error => error)
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
  return error
}

it.each([
  [5, /must be a directory, e\.g\. '\.\/tmp', or an object/],
  [null, /must be a directory/],
  [['./tmp'], /must be a directory/],
  [{ director: './tmp' }, /unknown field 'director'.*\{ directory: '\.\/tmp'/],
  [{ directory: '' }, /'directory' must be a path, e\.g\. \{ directory: '\.\/tmp' \}/],
  [{ directory: 5 }, /'directory' must be a path/],
  ['a\0b', /'directory' must be a path/],
  ['file:///var/sessions', /'directory' must be a path and not a URL/],
  [{ directory: './tmp', sync: 'yes' }, /'sync' must be true or false, e\.g\./],
  [{ directory: './tmp', lease: 50 }, /'lease' must be 100 ms or more, e\.g\./],
  [{ directory: './tmp', lease: '2s' }, /'lease' must be 100 ms or more/],
])('says what is wrong with %j', async (config, message) => {
  expect((await errorOf(config)).message).toMatch(message)
})

it('says when the directory is a file, or in one', async () => {
  const { directory } = await newWorkplace()
  await writeFile(directory, '')
  expect((await errorOf(directory)).message).toMatch(
    /directory '.*' cannot be used: there is a file of that name/,
  )
  expect((await errorOf(join(directory, 'tmp'))).message).toMatch(/there is a file in its path/)
})

it('says when others may write the directory', async () => {
  const { directory } = await newWorkplace()
  await mkdir(directory)
  await chmod(directory, 0o777)
  expect((await errorOf(directory)).message).toMatch(/may be written by every user.*name one inside it/)
})

it('says when this process may not write the directory', async () => {
  const { directory } = await newWorkplace()
  await mkdir(directory)
  await chmod(join(directory, '..'), 0o755)
  await chmod(directory, 0o555)
  // No mode keeps root from writing, so then it is somebody else who tries.
  const worker = startWorker(['open', directory], process.getuid?.() === 0 ? { uid: 65534 } : {})
  await worker.ended
  expect(worker.lines.join()).toMatch(/^ERR_CONFIG .*cannot be used: this process may not write it/)
})

it('takes an empty config for ./tmp where the process runs', async () => {
  const { directory } = await newWorkplace()
  await mkdir(directory)
  const before = process.cwd()
  process.chdir(directory)
  onTestFinished(() => process.chdir(before))
  const manager = await newManager('file')
  onTestFinished(() => manager.close())
  expect((await stat(join(directory, 'tmp'))).isDirectory()).toBe(true)
})

it('is closed once, and gives an error after that', async () => {
  const { directory, clock } = await newWorkplace()
  const store = await FileStore.open(directory, { clock })
  await Promise.all([store.close(), store.close()])
  const closed = { code: 'ERR_CLOSED' }
  await expect(store.load('ab')).rejects.toMatchObject(closed)
  await expect(store.create('ab', new Uint8Array(20), 1)).rejects.toMatchObject(closed)
  await expect(store.count(0)).rejects.toMatchObject(closed)
  await expect(store.sweep(0, 1)).rejects.toMatchObject(closed)
})
