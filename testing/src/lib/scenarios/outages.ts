import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../daemon.ts'
import type { Attempt } from '../worker/tasks.ts'
import type { Child } from './child.ts'
import type { Stage } from './stage.ts'

/** Of one operation, in milliseconds. */
const timeout = 1000
/** What a busy machine may add. */
const margin = 1000

/** A server that dies in the middle of requests, twice, and comes back: at once when it is back, all is well. */
export async function surviveKills(stage: Stage<Server>): Promise<void> {
  await surviveOutage(stage, {
    begin: () => stage.place.kill(),
    end: () => stage.place.restart(),
    lasts: 300,
  })
}

/** A server that accepts and says nothing, and goes on after a while. */
export async function survivePause(stage: Stage<Server>): Promise<void> {
  await surviveOutage(stage, {
    begin: async () => {
      stage.place.pause()
      // On a busy machine its threads do not stop at once.
      await sleep(100)
    },
    end: async () => stage.place.resume(),
    lasts: timeout + 500,
  })
}

/** The same, told by the network: nothing passes, and connections are not ended. */
export async function surviveFreeze(stage: Stage<Server>): Promise<void> {
  const route = await stage.proxied()
  const setup = stage.setup({ route, timeout })
  await surviveOutage(
    stage,
    { begin: async () => route.freeze(), end: async () => route.thaw(), lasts: timeout + 500 },
    setup,
  )
}

interface Outage {
  begin(): Promise<void>
  end(): Promise<void>
  /** In milliseconds. */
  readonly lasts: number
}

async function surviveOutage(
  stage: Stage<Server>,
  outage: Outage,
  setup = stage.setup({ timeout }),
): Promise<void> {
  const child = await stage.openedChild(setup)
  const cookie = await child.call('beginCount')
  // Under load.
  await child.call('beginLoad', cookie, 20)
  await sleep(200)
  await outage.begin()
  await sleep(outage.lasts)
  await outage.end()
  await assertWorks(child, 'the first request after the outage')
  const { done, failed, foreign, longest } = await child.call('endLoad')
  const story = JSON.stringify({ done, failed, longest })
  assert.deepEqual(foreign, [], 'errors that are no SessionError')
  assert.ok(longest <= timeout + margin, `an operation took ${longest} ms, the timeout is ${timeout} ms`)
  // A driver may also hold requests until the server is back, if that is soon enough.
  const isFelt = Object.keys(failed).length > 0 || longest >= outage.lasts
  assert.ok(done > 0 && isFelt, `this run shows nothing: ${story}`)
  const allowed = ['ERR_BACKEND', 'ERR_TIMEOUT', 'ERR_OUTCOME_UNKNOWN', 'ERR_CONFLICT']
  for (const code of Object.keys(failed)) assert.ok(allowed.includes(code), story)
  // When nobody is there, and nobody but the next visitor can notice.
  await outage.begin()
  const meanwhile = await child.call('visitTwice')
  assertFailed(meanwhile, 'a request during the outage')
  await outage.end()
  await assertWorks(child, 'the first request after an outage with no load')
  await outage.begin()
  await sleep(outage.lasts)
  await outage.end()
  await assertWorks(child, 'the first request after an outage that nobody saw')
  await child.call('close')
  assert.ok(await child.endsByItself(), 'the closed manager keeps its process')
}

/** A manager that finds no server, or one that does not answer: an error in time, and nothing left behind. */
export async function failToOpen(stage: Stage<Server>): Promise<void> {
  const route = await stage.proxied()
  const setup = stage.setup({ route, timeout })
  const faults = {
    'a server that is down': [() => route.refuse(), () => route.allow()],
    'a server that does not answer': [async () => route.freeze(), async () => route.thaw()],
  } as const
  for (const [what, [begin, end]] of Object.entries(faults)) {
    const [lonely, lasting] = [stage.child(), stage.child()]
    await begin()
    for (const child of [lonely, lasting])
      assertFailed(await child.call('tryToOpen', setup), `opening ${what}`)
    assert.ok(await lonely.endsByItself(), `opening ${what} leaves something behind that keeps the process`)
    await end()
    const { result } = await lasting.call('tryToOpen', setup)
    assert.equal(result, 'done', `opening again after ${what}`)
    await assertWorks(lasting, `the first request after opening again after ${what}`)
  }
}

/** A manager that is closed while it sweeps, on a network on which nothing passes: in time, and nothing is left behind. */
export async function closeAmidSweep(stage: Stage<Server>): Promise<void> {
  const route = await stage.proxied()
  const child = await stage.openedChild(stage.setup({ route, timeout }))
  await assertWorks(child, 'the first request')
  route.freeze()
  const { result, took } = await child.call('closeAmidSweep')
  assert.ok(['done', 'ERR_TIMEOUT'].includes(result), result)
  assert.ok(took <= timeout + margin, `closing took ${took} ms, the timeout is ${timeout} ms`)
  assert.ok(await child.endsByItself(), 'the closed manager keeps its process')
  route.thaw()
}

function assertFailed({ result, took }: Attempt, what: string): void {
  assert.ok(['ERR_BACKEND', 'ERR_TIMEOUT', 'ERR_OUTCOME_UNKNOWN'].includes(result), `${what}: ${result}`)
  assert.ok(took <= timeout + margin, `${what}: took ${took} ms, the timeout is ${timeout} ms`)
}

async function assertWorks(child: Child, what: string): Promise<void> {
  const { result } = await child.call('visitTwice')
  assert.equal(result, 'done', what)
}
