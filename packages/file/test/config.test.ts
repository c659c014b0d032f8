import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { FileStore } from '@sess/file'
import { expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../src/lib/file-config.ts'
import { newWorkplace } from './support/workplace.ts'

async function errorOf(config: unknown): Promise<Error> {
  const error = await newManager('file', { providerConfig: config as string }).catch(error => error)
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
  return error
}

it.each([
  [5, /is a number; it must be a directory, e\.g\. '\.\/tmp', or an object/],
  [null, /is null; it must be a directory/],
  [['./tmp'], /is an array; it must be a directory/],
  [new URL('file:///tmp'), /is an instance of 'URL'; it must be a directory/],
  [Buffer.from('./tmp'), /is an instance of 'Buffer'; it must be a directory/],
  [new Map([['directory', './tmp']]), /is an instance of 'Map'; it must be a directory/],
  [Promise.resolve('./tmp'), /is an instance of 'Promise'; it must be a directory/],
  [() => './tmp', /is a function; it must be a directory/],
  [{ director: './tmp' }, /unknown field 'director'.*\{ directory: '\.\/tmp'/],
  [{ directory: '' }, /'directory' must be a path, e\.g\. \{ directory: '\.\/tmp' \}/],
  [{ directory: 5 }, /'directory' must be a path/],
  ['a\0b', /'directory' must be a path/],
  ['file:///var/sessions', /'directory' must be a path and not a URL/],
  [{ directory: './tmp', sync: 'yes' }, /'sync' must be true or false, e\.g\./],
  [{ directory: './tmp', lease: 50 }, /'lease' must be 100 ms or more, e\.g\./],
  [{ directory: './tmp', lease: '2s' }, /'lease' must be 100 ms or more/],
  [{ directory: './tmp', lease: '' }, /'lease' must be 100 ms or more/],
  [{ directory: './tmp', lease: '50' }, /'lease' must be 100 ms or more/],
  [{ directory: './tmp', lease: 5001 }, /'lease' is 5001 ms, and 'timeout' 5000 ms: .*Make 'lease' smaller/],
  [{ directory: './tmp', lease: '60000' }, /'lease' is 60000 ms, and 'timeout' 5000 ms/],
  [{ directory: './tmp', lease: Number.MAX_VALUE }, /and 'timeout' 5000 ms/],
])('says what is wrong with %j', async (config, message) => {
  expect((await errorOf(config)).message).toMatch(message)
})

it.each([
  'redis://app:s3cr3t@127.0.0.1:6379',
  '/5redis://app:s3cr3t@127.0.0.1:6379',
  '127.0.0.1:6379,100,s3cr3t',
  '[::1]:6379;127.0.0.1:6380,100,s3cr3t',
  'app:s3cr3t@tcp(127.0.0.1:3306)/app',
  { directory: 'app:s3cr3t@unix(/run/mysqld.sock)/app' },
])('takes the config string of another engine for no directory, and does not show it: %j', async config => {
  const error = await errorOf(config)
  expect(error.message).toMatch(/'directory' must be a path and not a URL or an address/)
  expect(error.message).not.toContain('s3cr3t')
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

it.each([
  [undefined, 5000, 2000],
  [undefined, 1000, 500],
  [undefined, 60_000, 2000],
  ['1500', 5000, 1500],
  [5000, 5000, 5000],
])('takes the lease %j beside a timeout of %d ms for %d ms', (lease, timeout, expected) => {
  expect(readConfig({ ...(lease !== undefined && { lease }) }, timeout)).toMatchObject({ lease: expected })
})

it('reads a path of 100,000 characters in time that grows with its length alone', () => {
  for (const part of ['a', ':', '/', 'a://'.slice(1), '.', '\\', '%']) {
    const start = process.cpuUsage()
    for (const text of [part.repeat(100_000), `a${part.repeat(100_000)}`])
      expect(() => void readConfig(text, 5000)).not.toThrow(RangeError)
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1000)
  }
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
