import type { Events } from './events.ts'
import type { SessionPort } from './session-port.ts'
import { clearTimeout, setTimeout } from './timers.ts'

const BATCH = 1000

/** Sweeps expired sessions now and then. */
export class Sweeper {
  readonly #port: SessionPort
  readonly #events: Events
  readonly #interval: number
  #timer: NodeJS.Timeout | undefined
  #running: Promise<number> | undefined
  #isStopped = false

  /** `interval` in milliseconds. */
  constructor(port: SessionPort, events: Events, interval: number) {
    this.#port = port
    this.#events = events
    this.#interval = interval
  }

  /** Sweeps now, and from now on regularly. Gives the number of sessions reclaimed now; never rejects. */
  start(): Promise<number> {
    if (this.#isStopped) return Promise.resolve(0)
    this.#timer ??= this.#schedule()
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

  #schedule(): NodeJS.Timeout {
    // Off by up to a tenth, so that the servers of one backend don't sweep in step.
    const delay = this.#interval * (0.9 + Math.random() / 5)
    const timer = setTimeout(() => {
      this.#timer = this.#schedule()
      void this.start()
    }, delay)
    return timer.unref()
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
