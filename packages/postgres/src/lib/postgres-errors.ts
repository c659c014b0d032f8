import { SessionError } from '@sess/core/engine'

/** The five characters by which PostgreSQL tells its errors apart; `undefined` for errors of the network. */
export function sqlState(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && /^[\dA-Z]{5}$/.test(code) ? code : undefined
}

/** What says what went wrong, and nothing of a session. */
export function codeOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return String(code ?? message)
}

const LOCK_NOT_AVAILABLE = '55P03'
const QUERY_CANCELED = '57014'
const READ_ONLY = '25006'
const STATEMENT_MISSING = '26000'
const STATEMENT_THERE = '42P05'
const PLAN_CHANGED = '0A000'

/** Whether the connection is as good as before: the statement alone failed, as statements do. */
export function isHarmless(error: unknown): boolean {
  const state = sqlState(error)
  return (
    state !== undefined && (/^40/.test(state) || state === LOCK_NOT_AVAILABLE || state === QUERY_CANCELED)
  )
}

/**
 * Whether a statement failed because the one that was prepared is lost (DISCARD ALL and DEALLOCATE ALL on a shared pool)
 * or gives other columns than before (ALTER TABLE): it was not done, and can be prepared again.
 */
export function isStale(error: unknown): boolean {
  const state = sqlState(error)
  return state === STATEMENT_MISSING || state === PLAN_CHANGED
}

/** What to throw for a failed statement. */
export function statementError(error: unknown): unknown {
  const state = sqlState(error)
  switch (state) {
    case LOCK_NOT_AVAILABLE:
    case QUERY_CANCELED:
      return nothingDone(
        `The server gave it up, maybe as another transaction has the session locked (${state})`,
      )
    case READ_ONLY:
      return nothingDone(`The server is read-only (${state}). Connect to the primary`)
    case STATEMENT_MISSING:
    case STATEMENT_THERE:
      return nothingDone(`Prepared statements get lost (${state}). With PgBouncer set prepared: false`)
  }
  return withoutValues(error)
}

/** Without a cause core knows that the server did not do it. */
function nothingDone(why: string): SessionError {
  return new SessionError('ERR_BACKEND', `Nothing was done. ${why}`)
}

/** The driver's error without what may hold an id: "Failing row contains (…)". */
function withoutValues(error: unknown): unknown {
  if (error instanceof Error) {
    const details = error as Error & { detail?: unknown; where?: unknown; internalQuery?: unknown }
    delete details.detail
    delete details.where
    delete details.internalQuery
  }
  return error
}
