import { type Manager, type ManagerOptions, newManager } from '@sess/core'

/** What a process needs to open a manager; goes from process to process as JSON. */
export interface Setup {
  /** URL of the built module that registers the engine. */
  readonly module: string
  /** The name it registers. */
  readonly provider: string
  readonly config: unknown
  /** Of one operation, in milliseconds. */
  readonly timeout: number
}

/** The system's clock, which can be moved ahead. */
export class MovableClock {
  #ahead = 0

  now(): number {
    return Date.now() + this.#ahead
  }

  move(milliseconds: number): void {
    this.#ahead += milliseconds
  }

  reset(): void {
    this.#ahead = 0
  }
}

export async function openManager(setup: Setup, options: ManagerOptions = {}): Promise<Manager> {
  await import(setup.module)
  return newManager(setup.provider, {
    cookieName: 'gosessionid',
    hashKey: 'a secret of the tests',
    providerConfig: setup.config as string,
    timeout: setup.timeout,
    sweepEvery: 0,
    ...options,
  })
}
