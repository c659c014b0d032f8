import { inTime } from './in-time.ts'

/** Does something with a call instead of just making it; `real` makes it. */
export type Act = (real: () => Promise<unknown>) => Promise<unknown>

/** A call that the engine got. */
export interface Call {
  readonly method: string
  readonly args: readonly unknown[]
}

interface Plan {
  readonly method: string
  left: number
  readonly act: Act
}

/** What a faulty backend throws, so that a check knows its own fault again. */
export class BackendDown extends Error {
  override readonly name: string = 'BackendDown'
}

/** The backend fails and has done nothing. */
export const failBefore: Act = () => Promise.reject(new BackendDown('the backend refused'))

/** The backend does what it was asked and then fails: the answer is lost. */
export const failAfter: Act = async real => {
  await real()
  throw new BackendDown('the answer was lost')
}

/** The backend never answers and never does it. */
export const hang: Act = () => new Promise(() => {})

/** How long a check waits for a call that has to come, in milliseconds. */
const patience = 5000

/** A point at which a call waits until it is let through. */
export class Pause {
  /** Settles when the call has been made after all and its result is there. */
  readonly done: Promise<void>
  readonly act: Act
  readonly #reached: Promise<void>
  #go: () => void = () => {}

  constructor() {
    let arrive: () => void = () => {}
    let finish: () => void = () => {}
    this.#reached = new Promise(resolve => {
      arrive = resolve
    })
    this.done = new Promise(resolve => {
      finish = resolve
    })
    const gate = new Promise<void>(resolve => {
      this.#go = resolve
    })
    this.act = async real => {
      arrive()
      await gate
      try {
        return await real()
      } finally {
        finish()
      }
    }
  }

  /** Settles when a call has come this far. @throws AssertionError if none does */
  reached(): Promise<void> {
    return inTime(this.#reached, patience, 'the backend was not asked')
  }

  /** Lets the call through. */
  go(): void {
    this.#go()
  }
}

/** Stands between core and an engine: counts the calls, and does to them what a check asks for. */
export class Probe {
  readonly calls: Call[] = []
  #plans: Plan[] = []
  #pending = 0

  /** Does `act` with the next `times` calls of `method`; `'*'` is every method. */
  next(method: string, act: Act, times = 1): void {
    this.#plans.push({ method, left: times, act })
  }

  /** Does `act` with every call of `method` from now on. */
  always(method: string, act: Act): void {
    this.next(method, act, Number.POSITIVE_INFINITY)
  }

  /** Makes the next call of each of these methods wait. */
  pause(...methods: string[]): Pause {
    const pause = new Pause()
    for (const method of methods) this.next(method, pause.act)
    return pause
  }

  /** Forgets every plan and every call. */
  reset(): void {
    this.#plans = []
    this.calls.length = 0
  }

  /** How many calls there were, of these methods or of all. */
  count(...methods: string[]): number {
    return this.calls.filter(call => methods.length === 0 || methods.includes(call.method)).length
  }

  /** Settles when no call is under way, e.g. an extension that nobody waits for. */
  async idle(): Promise<void> {
    do await new Promise(resolve => setImmediate(resolve))
    while (this.#pending > 0)
  }

  /** Makes one call under the plans. */
  run(method: string, args: readonly unknown[], real: () => unknown): unknown {
    this.calls.push({ method, args })
    const plan = this.#plans.find(each => each.left > 0 && (each.method === method || each.method === '*'))
    if (plan !== undefined) {
      plan.left--
      return this.#track(plan.act(async () => real()))
    }
    const result = real()
    // What is there at once stays there at once: core has a path of its own for that.
    return result instanceof Promise ? this.#track(result) : result
  }

  async #track<T>(result: Promise<T>): Promise<T> {
    this.#pending++
    try {
      return await result
    } finally {
      this.#pending--
    }
  }
}
