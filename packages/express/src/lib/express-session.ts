import { type AppData, isSessionError, type KeyOf } from '@sess/core'
import { RequestSession, withStatus } from '@sess/core/adapter'

type Callback = (error?: unknown) => void

/** Where passport keeps who is logged in. */
const PASSPORT = 'passport' as KeyOf<AppData>

/** The session of a request, with what passport 0.6 and later call of express-session's. */
export class ExpressSession extends RequestSession<AppData> {
  /** What passport stores, under the key `passport`. Nobody is logged in where sessions are off. */
  get passport(): unknown {
    return this.isOff ? undefined : this.get(PASSPORT)
  }

  set passport(value: unknown) {
    this.set(PASSPORT, value as AppData[typeof PASSPORT])
  }

  /**
   * As in express-session: ends this session, and begins another with a new id and without data. For a new id
   * that keeps the data there is `await sessionRegenerateID()`.
   */
  regenerate(callback: Callback): void {
    answer(beginAnew(this), callback)
  }

  /** Saves now. */
  save(callback: Callback): void {
    // A save that fails is the callback's to answer, and is not tried again.
    answer(this.settle(), callback)
  }

  /** Ends the session, as `await destroySession()`. */
  destroy(callback: Callback): void {
    answer(this.destroySession(), callback)
  }
}

async function beginAnew(session: ExpressSession): Promise<void> {
  const entries = entriesOf(session)
  await session.destroySession()
  // passport's keepSessionInfo copies what is enumerable from the session before to the one after, which are one
  // object here: this property stands for all the data.
  Object.defineProperty(session, 'sessionInfo', {
    enumerable: true,
    configurable: true,
    get: () => entries,
    set: (kept: typeof entries) => {
      for (const [key, value] of kept) session.set(key, value)
    },
  })
}

/** All data; none where the engine has no list of keys. */
function entriesOf(session: ExpressSession): ReturnType<ExpressSession['entries']> {
  try {
    return session.entries()
  } catch (error) {
    if (isSessionError(error, 'ERR_UNSUPPORTED')) return []
    throw error
  }
}

function answer(work: Promise<unknown>, callback: Callback): void {
  work.then(
    () => process.nextTick(callback),
    error => process.nextTick(callback, withStatus(error, 500)),
  )
}
