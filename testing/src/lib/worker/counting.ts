import { isSessionError, type Manager } from '@sess/core'
import { Visit } from './visit.ts'

/** How many requests come at once, and how many one after the other. */
export interface Rush {
  readonly lanes: number
  readonly rounds: number
}

/** What became of requests that each add one. */
export interface Outcome {
  acknowledged: number
  /** Those of which nobody can say whether they were done. */
  unknown: number
  /** Those that were not done. */
  refused: number
  /** How often each error came. */
  codes: Record<string, number>
}

/** A new session that counts from zero; gives its cookie. */
export async function beginCount(manager: Manager): Promise<string> {
  const visit = await Visit.begin(manager)
  visit.session.set('n', 0)
  await visit.release()
  if (visit.cookie === undefined) throw new Error('A new session with data got no cookie')
  return visit.cookie
}

/** Each request adds one to `n` and sets a key of its own, which begins with `name`. */
export async function count(manager: Manager, cookie: string, name: string, rush: Rush): Promise<Outcome> {
  const outcome: Outcome = { acknowledged: 0, unknown: 0, refused: 0, codes: {} }
  const lanes = Array.from({ length: rush.lanes }, async (_, lane) => {
    for (let round = 0; round < rush.rounds; round++)
      await countOne(manager, cookie, `${name}-${lane}-${round}`, outcome)
  })
  await Promise.all(lanes)
  return outcome
}

async function countOne(manager: Manager, cookie: string, key: string, outcome: Outcome): Promise<void> {
  try {
    const { session } = await Visit.begin(manager, cookie)
    session.set(key, 1)
    session.update('n', n => (n as number) + 1)
    await session.sessionRelease()
    outcome.acknowledged++
  } catch (error) {
    if (!isSessionError(error)) throw error
    // As the README tells users: with these two a save may have been done.
    if (error.code === 'ERR_OUTCOME_UNKNOWN' || error.code === 'ERR_TIMEOUT') outcome.unknown++
    else outcome.refused++
    outcome.codes[error.code] = (outcome.codes[error.code] ?? 0) + 1
  }
}

/** The count, and the keys beside it. */
export async function readCount(manager: Manager, cookie: string): Promise<{ n: unknown; keys: string[] }> {
  const { session } = await Visit.begin(manager, cookie)
  return { n: session.get('n'), keys: session.keys().filter(key => key !== 'n') }
}
