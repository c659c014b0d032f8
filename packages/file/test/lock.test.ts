import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type Call, observing, systemError } from './support/fs-gate.ts'
import { append, newScene } from './support/scene.ts'
import { contentOf, dataOf, newId, pathIn } from './support/workplace.ts'

/** Long enough that a busy machine does not pass for a stopped process. */
const lease = 800

const isRename = ({ method }: Call) => method === 'rename'
const isLock = ({ method, args }: Call) => method === 'link' && String(args[1]).endsWith('.lock')

it('waits for a process that is alive, however long ago it started', async () => {
  const { place, slow, fast, id, token } = await newScene('start ', { lease })
  await sleep(1.2 * lease)
  const calls: Call[] = []
  let appended: Promise<void> | undefined
  const saved = await observing(
    async call => {
      calls.push(call)
      if (!isRename(call)) return
      appended = append(place, fast, id, 'fast')
      await sleep(lease / 4)
    },
    () => slow.update(id, dataOf('slow '), place.in(1000), token),
  )
  await appended
  expect(saved).toBeDefined()
  expect(calls.filter(isRename)).toHaveLength(1)
  expect(contentOf((await fast.load(id))?.data)).toBe('slow fast')
})

it('takes over at once from a process that is long gone', async () => {
  const { place, slow, fast, id, token } = await newScene('start ', { lease })
  // Stopped while it held the lock, for good as far as the others can tell.
  const stopped = observing(
    async call => {
      if (!isRename(call)) return
      await sleep(1.2 * lease)
      const start = performance.now()
      await append(place, fast, id, 'fast')
      expect(performance.now() - start).toBeLessThan(lease)
    },
    () => slow.update(id, dataOf('slow'), place.in(1000), token),
  )
  expect(await stopped).toBeUndefined()
  expect(contentOf((await fast.load(id))?.data)).toBe('start fast')
})

it('gives ERR_TIMEOUT, and stores nothing, when the lock does not come free', async () => {
  const { place, slow, fast, id, token } = await newScene('start ', { lease, timeout: lease })
  let error: unknown
  let waited = 0
  const saved = await observing(
    async call => {
      if (!isRename(call)) return
      const start = performance.now()
      const attempt = fast.update(id, dataOf('fast'), place.in(1000), token).catch(error => error)
      let isOver = false
      void attempt.then(() => {
        isOver = true
      })
      // The owner is busy with other sessions, which renews its lease.
      while (!isOver) {
        await slow.create(newId(), dataOf('another'), place.in(1000))
        await slow.delete(newId())
        await sleep(lease / 20)
      }
      error = await attempt
      waited = performance.now() - start
    },
    () => slow.update(id, dataOf('slow'), place.in(1000), token),
  )
  expect(error).toMatchObject({ code: 'ERR_TIMEOUT' })
  expect(waited).toBeLessThan(3000)
  expect(saved).toBeDefined()
  expect(contentOf((await fast.load(id))?.data)).toBe('slow')
})

it('goes on by itself after it could not release its lock', async () => {
  const { place, slow, id, token } = await newScene('start ', { lease })
  await observing(
    ({ method, args }) => {
      if (method === 'unlink' && String(args[0]).endsWith('.lock')) throw systemError('EIO')
    },
    () => slow.update(id, dataOf('first '), place.in(1000), token),
  )
  expect(await place.files()).toContain(`${pathIn('', id)}.lock`)
  const start = performance.now()
  await append(place, slow, id, 'second')
  expect(performance.now() - start).toBeLessThan(lease)
  expect(contentOf((await slow.load(id))?.data)).toBe('first second')
})

it('locks where the system makes no hard links of symbolic ones', async () => {
  const { place, slow, fast, id, token } = await newScene('start ', { lease })
  await sleep(1.2 * lease)
  const calls: Call[] = []
  let appended: Promise<void> | undefined
  const saved = await observing(
    async call => {
      if (isLock(call)) throw systemError('EPERM')
      calls.push(call)
      if (!isRename(call)) return
      appended = append(place, fast, id, 'fast')
      await sleep(lease / 4)
    },
    () => slow.update(id, dataOf('slow '), place.in(1000), token),
  )
  await appended
  expect(saved).toBeDefined()
  expect(calls.filter(isRename)).toHaveLength(1)
  expect(contentOf((await fast.load(id))?.data)).toBe('slow fast')
})

it('has the session on the disk before it is in place, and the name before it is saved, with sync', async () => {
  for (const [sync, expected] of [
    [true, ['fsync', 'rename', 'fsync']],
    [false, ['rename']],
  ] as const) {
    const { place, slow, id, token } = await newScene('start ', { sync })
    const calls: string[] = []
    const observe = ({ method }: Call) => {
      if (method === 'fsync' || method === 'rename' || method === 'link') calls.push(method)
    }
    const next = await observing(observe, () => slow.update(id, dataOf('a'), place.in(1000), token))
    expect(next).toBeDefined()
    expect(calls.filter(method => method !== 'link')).toEqual(expected)
    calls.length = 0
    await observing(observe, () => slow.create(`${id.slice(0, 2)}new`, dataOf('a'), place.in(1000)))
    expect(calls).toEqual(sync ? ['fsync', 'link', 'fsync'] : ['link'])
    calls.length = 0
    await observing(observe, () => slow.delete(id))
    expect(calls).toEqual(sync ? ['link', 'rename', 'fsync'] : ['link', 'rename'])
  }
})
