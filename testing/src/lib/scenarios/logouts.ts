import assert from 'node:assert/strict'
import type { Place } from './engine.ts'
import type { Stage } from './stage.ts'

/** Logouts amidst requests that write, read, extend and regenerate: what is dead stays dead. */
export async function logOutAmidstRequests(
  stage: Stage<Place>,
  interleavings: number,
  seed: number,
): Promise<void> {
  const child = stage.child()
  const report = await child.call('logOutAmidst', stage.setup(), interleavings, seed)
  assert.equal(report.destroyed, interleavings)
  for (const [what, times] of Object.entries(report))
    assert.ok(times >= interleavings / 20, `only ${times} sessions were ${what}: the requests did not meet`)
}
