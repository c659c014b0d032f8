import assert from 'node:assert/strict'
import type { Place } from './engine.ts'
import type { Stage } from './stage.ts'

/** Two processes, fifty requests at once in each: a thousand increments and a thousand keys, and none is lost. */
export async function countInTwoProcesses(stage: Stage<Place>): Promise<void> {
  const children = await Promise.all([stage.openedChild(), stage.openedChild()])
  const [child] = children
  const cookie = await child.call('beginCount')
  const names = ['one', 'other']
  const rush = { lanes: 50, rounds: 10 }
  const outcomes = await Promise.all(
    children.map((each, i) => each.call('count', cookie, names[i] as string, rush)),
  )
  assert.deepEqual(
    outcomes.map(outcome => outcome.codes),
    [{}, {}],
    'requests failed',
  )
  const { n, keys } = await child.call('readCount', cookie)
  assert.equal(n, 1000, 'increments')
  assert.equal(new Set(keys).size, 1000, 'keys')
}

/**
 * A thousand increments through connections that are cut at random, requests and answers. What was acknowledged is
 * counted, once; what is counted beyond was reported as unknown.
 */
export async function countOverBadConnections(stage: Stage<Place>, seed: number): Promise<void> {
  const route = await stage.proxied()
  const [onlooker, child] = await Promise.all([
    stage.openedChild(),
    stage.openedChild(stage.setup({ route, timeout: 5000 })),
  ])
  const cookie = await onlooker.call('beginCount')
  route.cutAnswers(0.1, seed)
  const outcome = await child.call('count', cookie, 'cut', { lanes: 10, rounds: 100 })
  route.cutAnswers(0)
  const { n, keys } = await onlooker.call('readCount', cookie)
  const story = `${n} counted; ${JSON.stringify(outcome)}; ${route.cuts} connections cut; seed ${seed}`
  assert.ok(Number(n) >= outcome.acknowledged, `acknowledged increments are lost: ${story}`)
  assert.ok(Number(n) <= outcome.acknowledged + outcome.unknown, `increments were done twice: ${story}`)
  assert.equal(keys.length, n, `requests were done twice, or in part: ${story}`)
  assert.ok(route.cuts >= 10 && outcome.acknowledged >= 100, `this run shows nothing: ${story}`)
  const { result } = await child.call('visitTwice')
  assert.equal(result, 'done', 'the request after the last cut')
}
