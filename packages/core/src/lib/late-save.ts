import { type Awaitable, attempt } from './awaitable.ts'
import { setImmediate } from './timers.ts'

const ignore = (): void => {}

/** Saves what was changed when no response waits for it. Such a save's failure is told by an event. */
export class LateSave {
  readonly #save: () => Awaitable<void>
  #scheduled: NodeJS.Immediate | undefined

  constructor(save: () => Awaitable<void>) {
    this.#save = save
  }

  /** Saves now. */
  run(): void {
    void attempt(this.#save, ignore, ignore)
  }

  /** Saves when the code that runs now is done, so that several changes make one save. */
  schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined
      this.run()
    })
  }
}
