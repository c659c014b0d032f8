import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { observing, systemError } from './support/fs-gate.ts'
import { append, callsOf, newScene, type Scene } from './support/scene.ts'
import { startWorker, type WorkerOptions } from './support/worker.ts'
import { contentOf, dataOf, newId, newWorkplace } from './support/workplace.ts'

const namespace = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-rm']
const canMount = spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0

const update = ({ place, slow, id, token }: Scene) => slow.update(id, dataOf('new'), place.in(1000), token)

describe('a disk that fails at any point of a change', () => {
  it.each([
    ['EIO', false],
    ['ENOSPC', false],
    ['EACCES', false],
    ['EIO', true],
    ['ENOSPC', true],
  ])('with %s leaves the old session or the new one, whole (sync: %j)', async (code, sync) => {
    const calls = await callsOf(async () => {
      const scene = await newScene('old', { sync })
      return () => update(scene)
    })
    let failures = 0
    for (let at = 0; at < calls; at++) {
      const scene = await newScene('old', { sync })
      const seen: string[] = []
      const result = await observing(
        ({ method }, index) => {
          seen.push(method)
          if (index === at) throw systemError(code)
        },
        () => update(scene).catch((error: NodeJS.ErrnoException) => error),
      )
      const content = contentOf((await scene.fast.load(scene.id))?.data)
      if (result instanceof Error) {
        failures++
        expect(result.code).toBe(code)
        const isRenamed = seen.slice(0, at).includes('rename')
        expect(content, `call ${at}, ${seen[at]}, fails`).toBe(isRenamed ? 'new' : 'old')
      } else {
        expect(content, `call ${at}, ${seen[at]}, fails`).toBe('new')
      }
      await append(scene.place, scene.slow, scene.id, ' end')
      await append(scene.place, scene.fast, scene.id, ' end')
      expect(contentOf((await scene.slow.load(scene.id))?.data)).toBe(`${content} end end`)
    }
    expect(failures).toBeGreaterThan(4)
  })

  it('is an error of every call, and never a missing session', async () => {
    const { place, slow, id, token } = await newScene()
    const failing = (work: () => Promise<unknown>) =>
      observing(() => {
        throw systemError('EIO')
      }, work)
    await expect(failing(() => slow.load(id))).rejects.toThrow('EIO')
    await expect(failing(() => slow.update(id, dataOf('a'), place.in(1000), token))).rejects.toThrow('EIO')
    await expect(failing(() => slow.create(newId(), dataOf('a'), place.in(1000)))).rejects.toThrow('EIO')
    await expect(failing(() => slow.delete(id))).rejects.toThrow('EIO')
    expect(await slow.load(id)).toBeDefined()
  })
})

describe('a change that does not fit is an error, and what was there stays', () => {
  const fill = async (code: string, size: number, options: WorkerOptions) => {
    const { directory } = await newWorkplace()
    const worker = startWorker(['fill', directory, 'xsnkjk', String(size)], options)
    expect(await worker.ended).toBe(0)
    expect(worker.lines).toEqual([
      `update ${code}`,
      'load old',
      `create ${code}`,
      'load nothing',
      'update done',
      'load still works',
    ])
  }

  it('when a file may not grow: the write is short, the next one fails', async () => {
    await fill('EFBIG', 30_000, { under: ['bash', '-c', 'ulimit -f 16 && exec "$@"', 'bash'] })
  })

  // Linux with namespaces: a disk of its own, 256 KiB large, that ends with the process. In CI it must be had.
  it.skipIf(!canMount && !process.env.CI)('when the disk is full', async () => {
    const mount = 'mkdir "$4" && mount -t tmpfs -o size=256k,mode=700 tmpfs "$4" && exec "$@"'
    await fill('ENOSPC', 1_000_000, { under: [...namespace, 'bash', '-c', mount, 'bash'] })
  })
})
