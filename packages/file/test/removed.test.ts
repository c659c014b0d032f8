import { spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { newManager } from '@sess/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import '@sess/file'
import { startWorker } from './support/worker.ts'
import { contentOf, dataOf, newId, newWorkplace, pathIn, type Workplace } from './support/workplace.ts'

const isRoot = process.getuid?.() === 0
const namespace = isRoot ? ['unshare', '-m'] : ['unshare', '-rm']
const canMount = spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0

/** A store with a session of before. */
async function prepare() {
  const place = await newWorkplace()
  const store = await place.open()
  const id = newId()
  const token = (await store.create(id, dataOf('before'), place.in(1000))) as string
  return { place, store, id, token }
}

const emptied = async (directory: string) => {
  for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true })
}

const removals: [string, (place: Workplace, id: string) => Promise<unknown>][] = [
  ['the directory', ({ directory }) => rm(directory, { recursive: true })],
  ['the directory and the one that it is in', ({ directory }) => rm(dirname(directory), { recursive: true })],
  ['all that is in the directory', ({ directory }) => emptied(directory)],
  [
    'the directory, which somebody makes again',
    async ({ directory }) => {
      await rm(directory, { recursive: true })
      await mkdir(directory)
    },
  ],
  [
    'all but the directories of other sessions',
    async ({ directory }, id) => {
      await emptied(directory)
      await mkdir(dirname(pathIn(directory, `zz${id}`)), { recursive: true })
    },
  ],
]

describe('a session is saved again after somebody has removed', () => {
  it.each(removals)('%s', async (_, remove) => {
    const { place, store, id, token } = await prepare()
    const other = await place.open()
    await remove(place, id)
    expect(await store.load(id)).toBeUndefined()
    expect(await store.count(place.clock.now())).toBe(0)
    expect(await store.sweep(place.clock.now(), 10)).toBe(0)
    expect(await store.update(id, dataOf('late'), place.in(1000), token)).toBeUndefined()
    const ids = [id, newId(), newId()]
    const created = ids.map((id, i) => (i % 2 ? store : other).create(id, dataOf('after it'), place.in(1000)))
    expect((await Promise.all(created)).every(Boolean)).toBe(true)
    for (const id of ids) expect(contentOf((await store.load(id))?.data)).toBe('after it')
    expect((await stat(place.directory)).mode & 0o022).toBe(0)
    expect(await other.delete(id)).toBe(true)
    expect(await other.count(place.clock.now())).toBe(2)
  })

  it.each<[string, (place: Workplace, id: string) => string]>([
    ["the temporary files' directory of all processes", ({ directory }) => join(directory, '.owners')],
    ['the first level of a session', ({ directory }, id) => join(directory, id[0] as string)],
    ['the second level of a session', ({ directory }, id) => dirname(pathIn(directory, id))],
  ])('%s alone', async (_, path) => {
    const { place, store, id } = await prepare()
    await rm(path(place, id), { recursive: true })
    const other = `${id.slice(0, 2)}other`
    expect(await store.create(other, dataOf('after it'), place.in(1000))).toBeDefined()
    expect(contentOf((await store.load(other))?.data)).toBe('after it')
    await store.delete(id)
    expect(await store.create(id, dataOf('after it'), place.in(1000))).toBeDefined()
  })

  it('the directory under a server: a visitor of before starts anew, and no request fails', async () => {
    const { directory } = await newWorkplace()
    const manager = await newManager('file', { providerConfig: directory })
    onTestFinished(() => manager.close())
    let cookie = ''
    const visit = async () => {
      const headers = new Headers()
      const request = new Request('http://localhost/', cookie ? { headers: { cookie } } : {})
      const session = await manager.sessionStart(request, headers)
      session.update('visits', (n = 0) => Number(n) + 1)
      await session.sessionRelease()
      cookie = headers.get('set-cookie')?.split(';')[0] ?? cookie
      return session.get('visits')
    }
    expect([await visit(), await visit()]).toEqual([1, 2])
    await rm(directory, { recursive: true })
    expect([await visit(), await visit()]).toEqual([1, 2])
  })
})

describe('every call is an error after somebody has put in place of the directory', () => {
  it.each<[string, (directory: string) => Promise<unknown>]>([
    ['a file', directory => writeFile(directory, '')],
    ['a symbolic link to a directory', directory => symlink(`${directory}.away/z`, directory)],
    ['a symbolic link to nothing', directory => symlink('/nowhere/at/all', directory)],
    [
      'a directory of something else',
      async directory => {
        await mkdir(directory)
        await writeFile(join(directory, 'notes.txt'), '')
      },
    ],
    [
      'a directory that every user may write',
      async directory => {
        await mkdir(directory)
        await chmod(directory, 0o777)
      },
    ],
    ...(isRoot
      ? [
          [
            'a directory of another user',
            async (directory: string) => {
              await mkdir(directory)
              await chown(directory, 65534, 65534)
            },
          ] as [string, (directory: string) => Promise<unknown>],
        ]
      : []),
  ])('%s', async (_, put) => {
    const { place, store, id, token } = await prepare()
    const { directory } = place
    await rename(directory, `${directory}.away`)
    await mkdir(`${directory}.away/z`)
    await put(directory)
    for (const call of [
      () => store.load(id),
      () => store.create(newId(), dataOf('new'), place.in(1000)),
      () => store.update(id, dataOf('new'), place.in(1000), token),
      () => store.delete(id),
      () => store.count(place.clock.now()),
      () => store.sweep(place.clock.now(), 10),
    ])
      await expect(call()).rejects.toMatchObject({ code: expect.stringMatching(/^E/) })
    await rm(directory, { recursive: true })
    await rename(`${directory}.away`, directory)
    expect(contentOf((await store.load(id))?.data)).toBe('before')
  })

  it('its own first level by a symbolic link: the save ends with an error', async () => {
    const { place, store, id, token } = await prepare()
    const level = join(place.directory, id[0] as string)
    await mkdir(join(place.directory, 'else'))
    await rename(level, join(place.directory, 'else', 'where'))
    await symlink('else/where', level)
    await expect(store.update(id, dataOf('new'), place.in(1000), token)).rejects.toMatchObject({
      code: 'ERR_BACKEND',
      message: expect.stringMatching(/symbolic link in the place of a directory of the sessions/),
    })
  })
})

// Linux with namespaces. In CI they must be had.
it.skipIf(!canMount && !process.env.CI)(
  'takes the directory that a disk is mounted on for no directory of sessions when the disk is gone',
  async () => {
    const { directory } = await newWorkplace()
    const mount = 'mkdir "$4" && mount -t tmpfs -o size=1m,mode=700 tmpfs "$4" && exec "$@"'
    const under = [...namespace, 'bash', '-c', mount, 'bash']
    const worker = startWorker(['unmount', directory, 'xsnkjk'], { under })
    expect(await worker.ended).toBe(0)
    expect(worker.lines).toEqual(['load old', 'load ERR_BACKEND', 'create ERR_BACKEND', 'load ERR_BACKEND'])
  },
)
