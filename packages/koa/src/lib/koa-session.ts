import type { AppData } from '@sess/core'
import { RequestSession } from '@sess/core/adapter'

/** The session of a request, as koa-session has it, too. */
export class KoaSession extends RequestSession<AppData> {
  /** As `cookie.maxAge`: how long the browser keeps the session, in milliseconds; `null`: until it is closed. */
  get maxAge(): number | null {
    return this.cookie.maxAge
  }

  set maxAge(milliseconds: number | null) {
    this.cookie.maxAge = milliseconds
  }

  /** How many keys there are. */
  get length(): number {
    return this.keys().length
  }

  /** Whether there is any data. */
  get populated(): boolean {
    return this.length > 0
  }

  /** As `sessionRelease`. */
  manuallyCommit(): Promise<void> {
    return this.sessionRelease()
  }
}
