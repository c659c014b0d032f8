import { noServer, type Server, startRedis } from '@sess/testing'
import { type ScenarioEngine, testFailures, testSharing } from '@sess/testing/scenarios'
import { describe, expect, it } from 'vitest'
import { countInTwoProcesses, countOverBadConnections } from '../src/lib/scenarios/counts.ts'
import { goOnUnderFakedTimers } from '../src/lib/scenarios/faked-timers.ts'
import { logOutAmidstRequests } from '../src/lib/scenarios/logouts.ts'
import { failToOpen, surviveKills, survivePause } from '../src/lib/scenarios/outages.ts'
import { measureRoundTrips } from '../src/lib/scenarios/round-trips.ts'
import { Stage } from '../src/lib/scenarios/stage.ts'

/** An engine that is right, or wrong in one thing. */
function model(fault = 'none'): ScenarioEngine<Server> {
  return {
    title: 'model',
    module: new URL('./engines/model.mjs', import.meta.url).href,
    provider: 'model',
    start: () => startRedis(),
    config: (server, { via }) => ({ ...via({ host: server.host, port: server.port }), fault }),
  }
}

const isMissing = await noServer('redis')

describe.skipIf(isMissing)('an engine that is right', () => {
  testSharing(model())
  testFailures(model())
})

describe.skipIf(isMissing)('an engine that is wrong in one thing is caught', () => {
  it.each<Wrong>([
    ['swaps whatever is there', countInTwoProcesses, /increments/],
    ['keeps what it deletes', logOut, /opens the session right after the logout/],
    ['updates what is not there', logOut, /opens the session|sessions are left/],
    ['sends again', stage => countOverBadConnections(stage, 1), /were done twice/],
    ['looks before it loads', measure, /load: 2/],
  ])('one that %s', { timeout: 60_000 }, expectCaught)

  // These wait for most of their time.
  it.concurrent.each<Wrong>([
    ['never comes back', surviveKills, /the first request after the outage/],
    ['rejects where nobody listens', surviveKills, /unhandledRejection/],
    ['stays open', survivePause, /the closed manager keeps its process/],
    ['leaves a timer behind', failToOpen, /keeps the process/],
    ['writes in the next turn', goOnUnderFakedTimers, /requests under faked timers/],
    ['waits for ever', failToOpen, /opening a server that does not answer/],
  ])('one that %s', { timeout: 60_000 }, expectCaught)
})

type Wrong = [fault: string, scenario: (stage: Stage<Server>) => Promise<void>, message: RegExp]

/** On a server of its own. */
async function expectCaught(...[fault, scenario, message]: Wrong): Promise<void> {
  const server = await startRedis()
  const stage = new Stage(model(fault), server)
  try {
    await expect(scenario(stage)).rejects.toThrow(message)
  } finally {
    await stage.clear()
    await server.close()
  }
}

function logOut(stage: Stage<Server>): Promise<void> {
  return logOutAmidstRequests(stage, 100, 1)
}

async function measure(stage: Stage<Server>): Promise<void> {
  const { load } = await measureRoundTrips(stage)
  if (load !== 1) throw new Error(`load: ${load}`)
}
