/**
 * What every engine is put through that several processes and servers share. For vitest.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Server } from './lib/daemon.ts'
import { newSeed } from './lib/random.ts'
import { countInTwoProcesses, countOverBadConnections } from './lib/scenarios/counts.ts'
import type { Place, ScenarioEngine } from './lib/scenarios/engine.ts'
import { goOnUnderFakedTimers } from './lib/scenarios/faked-timers.ts'
import { logOutAmidstRequests } from './lib/scenarios/logouts.ts'
import {
  closeAmidSweep,
  failToOpen,
  surviveFreeze,
  surviveKills,
  survivePause,
} from './lib/scenarios/outages.ts'
import { measureRoundTrips, promised, reportRoundTrips } from './lib/scenarios/round-trips.ts'
import { Stage } from './lib/scenarios/stage.ts'

export type { Place, Route, ScenarioEngine } from './lib/scenarios/engine.ts'

const timeout = 120_000

/** Several processes and managers on one backend lose nothing and undo nothing. */
export function testSharing<P extends Place>(engine: ScenarioEngine<P>): void {
  describe('shared by several processes', () => {
    const stage = stageFor(engine)

    it('keeps a thousand increments and a thousand keys of two processes', { timeout }, async () => {
      await countInTwoProcesses(stage())
    })

    it('keeps a session dead, in 500 logouts amidst other requests', { timeout }, async () => {
      await logOutAmidstRequests(stage(), 500, newSeed())
    })

    it('goes on while a test fakes its timers', { timeout }, () => goOnUnderFakedTimers(stage()))
  })
}

/** A server or a network that fails costs requests, and never more than those. */
export function testFailures<S extends Server>(engine: ScenarioEngine<S>): void {
  describe('when its server fails', () => {
    const stage = stageFor(engine)

    it('survives a server that is killed and comes back', { timeout }, () => surviveKills(stage()))
    it('survives a server that accepts and never answers', { timeout }, () => survivePause(stage()))
    it('survives a network on which nothing passes', { timeout }, () => surviveFreeze(stage()))
    it('closes in time while a sweep gets no answer', { timeout }, () => closeAmidSweep(stage()))
    it('fails to open in time, and leaves nothing behind', { timeout }, () => failToOpen(stage()))

    it('does nothing twice over connections that are cut at random', { timeout }, async () => {
      await countOverBadConnections(stage(), newSeed())
    })

    it('makes the round trips that are promised', { timeout }, async () => {
      const measured = await measureRoundTrips(stage())
      await reportRoundTrips(engine.title, measured)
      expect(measured).toEqual(promised)
    })
  })
}

/** One place for all tests of a group, and a stage for each of them. */
function stageFor<P extends Place>(engine: ScenarioEngine<P>): () => Stage<P> {
  let place: P | undefined
  let stage: Stage<P>
  beforeAll(async () => {
    place = await engine.start()
  })
  beforeEach(() => {
    stage = new Stage(engine, place as P)
  })
  afterEach(() => stage.clear())
  afterAll(() => place?.close())
  return () => stage
}
