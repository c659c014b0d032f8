import { spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FileStore } from '@sess/file'
import { describe, expect, it } from 'vitest'
import { observing, systemError } from './support/fs-gate.ts'
import { startWorker, type WorkerOptions } from './support/worker.ts'
import { dataOf, newId, newWorkplace, pathIn } from './support/workplace.ts'

const isRoot = process.getuid?.() === 0
const namespace = isRoot ? ['unshare', '-m'] : ['unshare', '-rm']
const canMount = spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0
/** No mode keeps root from anything, so then it is somebody else who tries. */
const USER = 65534
const asUser: WorkerOptions = isRoot ? { uid: USER } : {}

async function newPlace() {
  const { directory } = await newWorkplace()
  await chmod(dirname(directory), 0o755)
  return directory
}

async function opened(directory: string, options: WorkerOptions = asUser): Promise<string> {
  const worker = startWorker(['open', directory], options)
  await worker.ended
  return worker.lines.join()
}

const give = async (path: string) => isRoot && chown(path, USER, USER)

describe('at the start, a process without a right on the directory is told which one', () => {
  it.each([
    ['no right to write', 0o555, 'write'],
    ['no right to enter', 0o666, 'enter'],
    ['the right to enter alone', 0o111, 'read or write'],
    ['no right at all', 0o000, 'read or write or enter'],
  ])('%s', async (_, mode, verbs) => {
    const directory = await newPlace()
    await mkdir(directory)
    await give(directory)
    await chmod(directory, mode & ~0o002)
    const said = await opened(directory)
    expect(said).toMatch(
      new RegExp(`^ERR_CONFIG .*directory '.*' cannot be used: this process may not ${verbs} it`),
    )
    if (isRoot) expect(said).toMatch(`chown -R ${USER} '${directory}'; chmod -R u+rwX '${directory}'`)
    await chmod(directory, 0o700)
    expect(await opened(directory)).toBe('opened')
  })

  it('of a directory that cannot be made, since the one above is read-only', async () => {
    const directory = await newPlace()
    await mkdir(directory)
    await give(directory)
    await chmod(directory, 0o555)
    const said = await opened(join(directory, 'sessions'))
    expect(said).toMatch(/^ERR_CONFIG .*sessions' cannot be used: this process may not make it/)
  })

  it.skipIf(!isRoot)('of what another user has left in it: sessions, and temporary files', async () => {
    const directory = await newPlace()
    const store = await FileStore.open(directory, { clock: Date })
    const id = newId()
    await store.create(id, dataOf('content'), Date.now() + 1000)
    await store.close()
    await give(directory)
    const owners = join(directory, '.owners')
    expect(await opened(directory)).toMatch(/^ERR_CONFIG .*cannot be used: this process may not/)
    await give(owners)
    const first = join(directory, id[0] as string)
    expect(await opened(directory)).toMatch(
      `directory '${first}' cannot be used: this process may not read or`,
    )
    await give(first)
    const second = dirname(pathIn(directory, id))
    expect(await opened(directory)).toMatch(`directory '${second}' cannot be used: this process may not read`)
    await give(second)
    expect(await opened(directory)).toBe('opened')
  })

  // Linux with namespaces. In CI they must be had.
  it.skipIf(!canMount && !process.env.CI)('of a read-only file system', async () => {
    const directory = await newPlace()
    const mount = 'mkdir "$4" && mount -t tmpfs -o ro,mode=700 tmpfs "$4" && exec "$@"'
    const said = await opened(directory, { under: [...namespace, 'bash', '-c', mount, 'bash'] })
    expect(said).toMatch(/^ERR_CONFIG .*cannot be used: its file system is read-only/)
  })

  it.skipIf(!canMount && !process.env.CI)(
    'and a file system on which nothing may be executed will do',
    async () => {
      const directory = await newPlace()
      const mount = 'mkdir "$4" && mount -t tmpfs -o noexec,mode=700 tmpfs "$4" && exec "$@"'
      expect(await opened(directory, { under: [...namespace, 'bash', '-c', mount, 'bash'] })).toBe('opened')
    },
  )
})

it.each([
  ['a file', (path: string) => writeFile(path, ''), /there is a file of that name/],
  ['a circle of symbolic links', (path: string) => symlink(path, path), /a circle of symbolic links|ELOOP/],
])('refuses %s in place of the directory', async (_, put, message) => {
  const directory = await newPlace()
  await put(directory)
  await expect(FileStore.open(directory, { clock: Date })).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    message: expect.stringMatching(message),
  })
})

it.each([
  ['link', 'EPERM', /no hard links or no symbolic links/],
  ['symlink', 'EPERM', /no hard links or no symbolic links/],
  ['mkdir', 'EPERM', /the system does not permit to change it/],
  ['rename', 'EACCES', /this process may not/],
  ['unlink', 'EACCES', /this process may not/],
  ['write', 'ENOSPC', /its file system is full/],
  ['write', 'EDQUOT', /the quota of this user is used up/],
])('refuses a directory whose file system fails at %s with %s', async (syscall, code, message) => {
  const directory = await newPlace()
  await mkdir(directory)
  const error = await observing(
    ({ method }) => {
      if (method === syscall) throw Object.assign(systemError(code), { syscall })
    },
    () => FileStore.open(directory, { clock: Date }).catch(error => error),
  )
  expect(error).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(message) })
})

it('leaves nothing behind when it cannot be opened, and nothing of the trial when it can', async () => {
  const directory = await newPlace()
  await observing(
    ({ method }) => {
      if (method === 'rename') throw systemError('EACCES')
    },
    () => FileStore.open(directory, { clock: Date }).catch(error => error),
  )
  expect(await readdir(directory, { recursive: true })).toEqual(['.owners'])
  const store = await FileStore.open(directory, { clock: Date })
  await store.close()
  expect(await readdir(directory, { recursive: true })).toEqual(['.owners'])
})

describe('a file system that does not answer at the start', () => {
  it.each(['mkdir', 'open', 'write', 'link', 'symlink', 'rename', 'unlink'])(
    'at %s is ERR_TIMEOUT, and what comes late leaves nothing behind',
    async hanging => {
      const directory = await newPlace()
      await mkdir(directory)
      let goOn = () => {}
      let hasLeft = false
      const late = new Promise<void>(resolve => {
        goOn = resolve
      })
      const opening = observing(
        ({ method, args }) => {
          if (method === 'unlink' && String(args[0]).endsWith('/self')) hasLeft = true
          return method === hanging ? late : undefined
        },
        async () => {
          const error = await FileStore.open(directory, { clock: Date, timeout: 100 }).catch(error => error)
          goOn()
          return error
        },
      )
      const result = await opening
      expect(result).toMatchObject({
        code: 'ERR_TIMEOUT',
        message: 'The file system of the sessions did not answer within 100 ms',
      })
      const left = async () =>
        (await readdir(directory, { recursive: true })).filter(name => name !== '.owners')
      await expect.poll(() => hasLeft, { timeout: 10_000 }).toBe(true)
      await expect.poll(left, { timeout: 10_000 }).toEqual([])
    },
  )
})
