import type { Events } from './events.ts'
import type { SessionPort } from './session-port.ts'
import { clearTimeout, setTimeout } from './timers.ts'

const BATCH = 1000

/** Sweeps expired sessions now and then. */
export class Sweeper {
  readonly #port: Pick<SessionPort, 'sweep'>
  readonly #events: Events
  #timer: NodeJS.Timeout | undefined
  #running: Promise<number> | undefined
  #isStopped = false

  constructor(port: Pick<SessionPort, 'sweep'>, events: Events) {
    this.#port = port
    this.#events = events
  }

  /**
   * Sweeps every so many milliseconds from now on. The first sweep comes at some moment of the first interval: servers
   * that are restarted more often than they would sweep do their share all the same, and not in step.
   */
  start(interval: number): void {
    this.#schedule(interval, interval * Math.random())
  }

  /** Sweeps now. Gives the number of sessions reclaimed; never rejects. */
  sweep(): Promise<number> {
    if (this.#isStopped) return Promise.resolve(0)
    this.#running ??= this.#sweep().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(interval: number, delay: number): void {
    // The timer does not keep what it sweeps: a manager that everybody has let go of, closed or not, is freed.
    const weak = new WeakRef(this)
    this.#timer = setTimeout(() => {
      const sweeper = weak.deref()
      if (sweeper) sweeper.#sweepAndGoOn(interval)
    }, delay).unref()
  }

  #sweepAndGoOn(interval: number): void {
    // Off by up to a tenth, so that the servers of one backend don't sweep in step.
    this.#schedule(interval, interval * (0.9 + Math.random() / 5))
    void this.sweep()
  }

  async #sweep(): Promise<number> {
    let count = 0
    try {
      for (let swept = BATCH; swept === BATCH && !this.#isStopped; count += swept)
        swept = await this.#port.sweep(BATCH)
      this.#events.emit('swept', { count })
    } catch (error) {
      this.#events.emit('sweepError', { error })
    }
    return count
  }
}
