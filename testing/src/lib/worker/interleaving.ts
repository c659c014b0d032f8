import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { Manager } from '@sess/core'
import type { Random } from '../random.ts'
import type { MovableClock } from './setup.ts'
import { Visit } from './visit.ts'

const kinds = ['write', 'write', 'read', 'touch', 'regenerate'] as const

/** What one request does, where, and when. All is drawn before anything begins. */
interface Plan {
  readonly kind: (typeof kinds)[number]
  readonly manager: Manager
  /** Before it begins, between its load and its change, and before it changes something once more. */
  readonly pauses: readonly number[]
}

/**
 * One session, requests that write, read, extend and regenerate it, and in their midst a logout. From the moment when
 * the logout is acknowledged no cookie of the session opens anything, ever.
 */
export class Interleaving {
  readonly #managers: readonly [Manager, Manager]
  readonly #clock: MovableClock
  readonly #random: Random
  /** Every cookie that was given out for the session. */
  readonly #cookies: string[] = []
  #isDestroyed = false
  #running = 0

  constructor(managers: readonly [Manager, Manager], clock: MovableClock, random: Random) {
    this.#managers = managers
    this.#clock = clock
    this.#random = random
  }

  async run(): Promise<void> {
    const noteEnd = ({ id }: { id: string }) => {
      if (this.#cookies.some(cookie => this.#storageID(cookie) === id)) this.#isDestroyed = true
    }
    for (const manager of this.#managers) manager.on('destroyed', noteEnd)
    try {
      await this.#createSession()
      const plans = Array.from({ length: 3 + this.#random.below(6) }, () => this.#plan())
      const logout = this.#plan()
      this.#running = plans.length
      await Promise.all([this.#logOut(logout), ...plans.map(plan => this.#request(plan))])
      await this.#assertDead('when all requests had ended')
    } finally {
      for (const manager of this.#managers) manager.off('destroyed', noteEnd)
    }
  }

  #plan(): Plan {
    const pause = () => this.#random.pick([0, 0, 0.5, 1, 2, 4])
    return {
      kind: this.#random.pick(kinds),
      manager: this.#random.pick(this.#managers),
      pauses: [pause(), pause(), pause()],
    }
  }

  async #createSession(): Promise<void> {
    const visit = await Visit.begin(this.#random.pick(this.#managers))
    visit.session.set('isAlive', true)
    visit.session.set('n', 0)
    await visit.release()
    this.#noteCookie(visit)
  }

  async #request({ kind, manager, pauses }: Plan): Promise<void> {
    const [before = 0, within = 0, late = 0] = pauses
    try {
      await pause(before)
      if (kind === 'touch') this.#clock.move(2000)
      const visit = await Visit.begin(manager, this.#cookies.at(-1))
      const { session } = visit
      // It has ended already; whatever this request stored would be a session of its own.
      if (session.isNew) return
      await pause(within)
      if (kind === 'regenerate') {
        await visit.regenerate()
        this.#noteCookie(visit)
      }
      if (kind === 'write' || kind === 'regenerate') {
        session.update('n', n => (n as number) + 1)
        await visit.release()
        await pause(late)
        session.set('late', true)
      }
      await visit.release()
      this.#noteCookie(visit)
    } finally {
      this.#running--
    }
  }

  /** Logs out with the newest cookie; if that was replaced meanwhile, with the one that has replaced it. */
  async #logOut({ manager, pauses }: Plan): Promise<void> {
    const [before = 0, within = 0] = pauses
    await pause(before)
    for (;;) {
      const cookie = this.#cookies.at(-1)
      const visit = await Visit.begin(manager, cookie)
      await pause(within)
      await visit.destroy()
      if (this.#isDestroyed) break
      while (this.#cookies.at(-1) === cookie) {
        if (this.#running === 0)
          throw new Error('The logout found no session, and no newer cookie was given out')
        await setImmediate()
      }
    }
    await this.#assertDead('right after the logout')
  }

  #noteCookie({ cookie }: Visit): void {
    if (cookie !== undefined && !this.#cookies.includes(cookie)) this.#cookies.push(cookie)
  }

  async #assertDead(when: string): Promise<void> {
    for (const [i, cookie] of [...this.#cookies].entries())
      for (const manager of this.#managers) {
        const { session } = await Visit.begin(manager, cookie)
        const isStored = await manager.getProvider().sessionExist(this.#storageID(cookie))
        if (!session.isNew || session.has('isAlive') || isStored)
          throw new Error(`Cookie ${i + 1} of ${this.#cookies.length} opens the session ${when}`)
      }
  }

  #storageID(cookie: string): string {
    return this.#managers[0].storageID(cookie.slice(cookie.indexOf('=') + 1))
  }
}

/** In milliseconds; less than one is a turn of the event loop. */
async function pause(milliseconds: number): Promise<void> {
  if (milliseconds >= 1) await sleep(milliseconds)
  else if (milliseconds > 0) await setImmediate()
}
