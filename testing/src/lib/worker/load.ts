import { setTimeout as sleep } from 'node:timers/promises'
import { isSessionError, type Manager } from '@sess/core'
import { Visit } from './visit.ts'

/** What a load has seen. */
export interface LoadReport {
  /** Operations that succeeded. */
  done: number
  /** Those that failed as they should, by code. */
  failed: Record<string, number>
  /** Errors that are not SessionErrors. */
  foreign: string[]
  /** The longest operation, in milliseconds. */
  longest: number
}

/** How long requests are waited for that should have ended long ago, in milliseconds. */
const patience = 10_000

/** Visitors who come again and again, until they are told to stop. */
export class Load {
  readonly #report: LoadReport = { done: 0, failed: {}, foreign: [], longest: 0 }
  readonly #lanes: Promise<unknown>
  #isEnding = false

  constructor(manager: Manager, cookie: string, lanes: number) {
    this.#lanes = Promise.all(Array.from({ length: lanes }, (_, lane) => this.#run(manager, cookie, lane)))
  }

  async end(): Promise<LoadReport> {
    this.#isEnding = true
    const isStuck = await Promise.race([this.#lanes, sleep(patience, 'stuck', { ref: false })])
    if (isStuck === 'stuck') throw new Error(`Requests have not ended after ${patience} ms`)
    return this.#report
  }

  async #run(manager: Manager, cookie: string, lane: number): Promise<void> {
    while (!this.#isEnding) {
      const visit = await this.#watch(() => Visit.begin(manager, cookie))
      visit?.session.set(`lane-${lane}`, Date.now())
      if (visit) await this.#watch(() => visit.release())
      // One that fails at once must not keep the others from being heard.
      await sleep(visit ? 1 : 10)
    }
  }

  async #watch<T>(operation: () => Promise<T>): Promise<T | undefined> {
    const begin = performance.now()
    try {
      const result = await operation()
      this.#report.done++
      return result
    } catch (error) {
      const { failed, foreign } = this.#report
      if (isSessionError(error)) failed[error.code] = (failed[error.code] ?? 0) + 1
      else foreign.push(String(error))
      return undefined
    } finally {
      this.#report.longest = Math.max(this.#report.longest, performance.now() - begin)
    }
  }
}
