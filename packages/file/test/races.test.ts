import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { observing } from './support/fs-gate.ts'
import { callsOf, lease, newScene, type Scene } from './support/scene.ts'
import { contentOf, dataOf, newId } from './support/workplace.ts'

/** What one of the two stores of a scene does. Gives whether it was done. */
type Work = (scene: Scene, who: 'slow' | 'fast') => Promise<boolean>

const update: Work = async (scene, who) =>
  (await scene[who].update(scene.id, dataOf(who), scene.place.in(1000), scene.token)) !== undefined
const remove: Work = (scene, who) => scene[who].delete(scene.id, scene.token)
const create: Work = async (scene, who) =>
  (await scene[who].create(scene.id, dataOf(who), scene.place.in(1000))) !== undefined
const sweep: Work = async (scene, who) => (await scene[who].sweep(scene.place.clock.now(), 10)) === 1

/** A session, live or expired, of two stores that have made equally many files. */
async function prepare(isExpired: boolean): Promise<Scene> {
  const scene = await newScene()
  // What they might name alike would meet in each other's directories.
  await scene.fast.create(newId(), dataOf('another'), scene.place.in(100_000))
  if (isExpired) scene.place.clock.time += 1000
  return scene
}

interface Result {
  readonly slow: boolean
  readonly fast: boolean
  readonly content: string | undefined
}

/**
 * The slow one is stopped, then the fast one; then the slow one goes on to its end, but for the lock that it has
 * taken, and then the fast one.
 */
async function race(
  scene: Scene,
  [slow, slowAt]: [Work, number],
  [fast, fastAt]: [Work, number],
): Promise<Result> {
  let goOn = () => {}
  const slowIsDone = new Promise<void>(resolve => {
    goOn = resolve
  })
  let isDone = false
  let fastResult: Promise<boolean> | undefined
  const startFast = () =>
    new Promise<void>(isStopped => {
      fastResult = observing(
        (_, index) => {
          if (index !== fastAt) return
          isStopped()
          return slowIsDone
        },
        () => fast(scene, 'fast'),
      )
      void fastResult.then(() => isStopped())
    })
  const slowResult = await observing(
    async ({ method, args }, index) => {
      if (index === slowAt) {
        await sleep(1.5 * lease)
        await startFast()
      }
      if (method !== 'unlink' || !String(args[0]).endsWith('.lock')) return
      await sleep(0)
      if (isDone) await fastResult
    },
    async () => {
      const result = await slow(scene, 'slow')
      isDone = true
      goOn()
      return result
    },
  )
  const result = { slow: slowResult, fast: (await fastResult) === true }
  return { ...result, content: contentOf((await scene.slow.load(scene.id))?.data) }
}

const oneWins =
  (ofSlow: string | undefined, ofFast: string | undefined) =>
  ({ slow, fast, content }: Result): boolean =>
    slow !== fast && content === (slow ? ofSlow : ofFast)

/** The record is there in the end, whether the sweep came before the create or after it. */
const isCreated = (by: 'slow' | 'fast') => (result: Result) => result[by] && result.content === by

it.each<[string, boolean, Work, Work, (result: Result) => boolean]>([
  ['update and update: one wins', false, update, update, oneWins('slow', 'fast')],
  ['update and delete: one wins', false, update, remove, oneWins('slow', undefined)],
  ['delete and update: one wins', false, remove, update, oneWins(undefined, 'fast')],
  ['delete and delete: one wins', false, remove, remove, oneWins(undefined, undefined)],
  ['create and create over an expired record: one wins', true, create, create, oneWins('slow', 'fast')],
  ['sweep and create over an expired record: it is created', true, sweep, create, isCreated('fast')],
  ['create over an expired record and sweep: it is created', true, create, sweep, isCreated('slow')],
])('two that are stopped anywhere: %s', async (_, isExpired, slow, fast, isRight) => {
  const countCalls = (work: Work) =>
    callsOf(async () => {
      const scene = await prepare(isExpired)
      return () => work(scene, 'slow')
    })
  const [slowCalls, fastCalls] = [await countCalls(slow), await countCalls(fast)]
  expect(Math.min(slowCalls, fastCalls)).toBeGreaterThan(4)
  for (let slowAt = 0; slowAt < slowCalls; slowAt++) {
    // To break a lock takes a few calls more.
    const races = Array.from({ length: fastCalls + 4 }, async (_, fastAt) => {
      const result = await race(await prepare(isExpired), [slow, slowAt], [fast, fastAt])
      return isRight(result) ? [] : [{ slowAt, fastAt, ...result }]
    })
    expect((await Promise.all(races)).flat()).toEqual([])
  }
})
