import assert from 'node:assert/strict'
import type { Place } from './engine.ts'
import type { Stage } from './stage.ts'

/** Requests in a process whose `Date` and timers a test has replaced: nothing waits for a timer that never fires. */
export async function goOnUnderFakedTimers(stage: Stage<Place>): Promise<void> {
  const child = await stage.openedChild(stage.setup({ timeout: 5000 }))
  const real = await child.call('use')
  assert.equal(real.result, 'done', 'requests under real timers')
  await child.call('fakeTimers')
  const faked = await child.call('use')
  assert.equal(faked.result, 'done', 'requests under faked timers')
  await child.call('close')
  assert.ok(await child.endsByItself(), 'the closed manager keeps its process')
}
