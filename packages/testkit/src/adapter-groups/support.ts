import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from '../lib/adapter/browser.ts'
import type { AdapterRig } from '../lib/adapter/rig.ts'
import type { Act } from '../lib/probe.ts'

/** A stream of these texts. */
export function chunks(...texts: string[]): Readable {
  return Readable.from(texts.map(text => Buffer.from(text)))
}

/** The backend takes its time. */
export function slow(milliseconds: number): Act {
  return async real => {
    await sleep(milliseconds)
    return real()
  }
}

/** Fails unless the answer is that of the app's error handler to this error, and has no cookie. */
export function assertError(rig: AdapterRig, reply: Reply, expected: { status: number; code: string }): void {
  assert.equal(reply.status, expected.status, `status, with the body ${reply.body}`)
  assert.equal(reply.body, `caught ${expected.code}`, 'what the error handler of the app answers')
  assert.deepEqual(reply.setCookies, [])
  const errors = rig.errors.map(error => {
    const { code, status, statusCode, expose } = error as Partial<Record<string, unknown>>
    return { code, status, statusCode, expose }
  })
  assert.deepEqual(
    errors,
    [{ code: expected.code, status: expected.status, statusCode: expected.status, expose: false }],
    'what the error handler of the app gets',
  )
}

/** Fails unless the answer is what the framework makes of a failed save, which was tried once. */
export function assertSaveError(rig: AdapterRig, reply: Reply): void {
  assertError(rig, reply, { status: 500, code: 'ERR_BACKEND' })
  assert.equal(rig.server.told('saveError').length, 1, 'how often it was tried')
}
