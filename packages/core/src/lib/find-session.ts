import { type Awaitable, follow, isPromise } from './awaitable.ts'
import type { TextEntries } from './codec/entries.ts'
import type { SessionContext, SessionStart } from './session-context.ts'
import type { SessionIDs } from './session-id.ts'
import type { Absence, OpenedSession, SessionPort } from './session-port.ts'

/** What finding a session takes. */
interface FindContext {
  readonly ids: SessionIDs
  readonly port: SessionPort
  readonly cookieLifeTime: number
}

/** What a request brings under the name of the session's cookie comes to. */
export interface FoundSession {
  /** How the request's session begins. */
  readonly start: SessionStart
  /** Sessions that are live and older: the browser has cookies of them, under another domain or path. */
  readonly others: readonly OpenedSession[]
}

/** A text that may be a session. */
interface Candidate {
  readonly text: string
  /** Which key made its tag, 0 the current one. */
  readonly key: number
  /** What the engine is asked for. */
  readonly reference: string
}

interface Opened extends Candidate {
  readonly found: OpenedSession | Absence
}

/** Sessions that the backend is asked for before the visitor counts as new. */
const MAX_READS = 4
/** Texts whose tag or seal is checked: as many as fit in the headers that Node accepts. */
const MAX_CHECKS = 256

const none: readonly OpenedSession[] = []
const nothing: FoundSession = { start: {}, others: none }

/**
 * Finds the session among all that a request brings. A browser sends one cookie for each domain and path that the cookie
 * was ever set with, and not the newest first; whoever controls a neighbouring host can add more. What can be no session
 * does not count, and the newest live session wins: by when it was sealed, or by when it began where it has an id.
 */
export function findSession(texts: readonly string[], context: FindContext): Awaitable<FoundSession> {
  const { ids, port } = context
  const isSealed = port.capabilities.kind === 'sealed'
  const [text] = texts
  if (text === undefined) return nothing
  if (texts.length === 1 && !isSealed) return findOne(text, context)
  const candidates = isSealed ? seals(texts) : knownIDs(texts, ids)
  if (candidates.length === 0) return nothing
  const opened = openAll(candidates, port, [])
  return isPromise(opened) ? opened.then(choose) : choose(opened)

  function choose(opened: readonly Opened[]): FoundSession {
    let newest: (Opened & { found: OpenedSession }) | undefined
    for (const each of opened)
      if (isLive(each) && (newest === undefined || timeOf(each.found) > timeOf(newest.found))) newest = each
    if (newest === undefined) {
      const retired = opened.find(({ found }) => found === 'retired')
      return retired ? { start: { id: retired.text, found: 'retired' }, others: [] } : nothing
    }
    const others =
      opened.length === 1
        ? []
        : opened.filter(isLive).flatMap(({ found }) => (found === newest.found ? [] : [found]))
    // What a logout has left behind, see endOthers.
    const isLoggedOut =
      isSealed && newest.found.lifetime > 0 && (newest.found.entries as TextEntries).text === ''
    return { start: isLoggedOut ? {} : startOf(newest), others }
  }

  function startOf({ text, key, found }: Opened & { found: OpenedSession }): SessionStart {
    if (isSealed) return { id: found.id, found, renewCookie: true }
    return key > 0
      ? { id: ids.renew(text), found, renewCookie: true }
      : { id: text, found, renewCookie: context.cookieLifeTime > 0 || texts.length > 1 }
  }
}

/** Finds the session of the one id that most requests bring. */
function findOne(text: string, { ids, port, cookieLifeTime }: FindContext): Awaitable<FoundSession> {
  const known = ids.find(text)
  if (known === undefined) return nothing
  const { key, storageID } = known
  return follow(port.open(storageID), found => {
    if (found === 'gone') return nothing
    if (found === 'retired') return { start: { id: text, found }, others: none }
    const start =
      key > 0
        ? { id: ids.renew(text), found, renewCookie: true }
        : { id: text, found, renewCookie: cookieLifeTime > 0 }
    return { start, others: none }
  })
}

/** A seal tells by itself whether it is one of ours. */
function seals(texts: readonly string[]): Candidate[] {
  return texts.slice(0, MAX_CHECKS).map(text => ({ text, key: 0, reference: text }))
}

/** The ids that are ours by their form and their tag, each once. */
function knownIDs(texts: readonly string[], ids: SessionIDs): Candidate[] {
  const candidates: Candidate[] = []
  let checks = 0
  for (const text of texts) {
    // Not twice where there is one: most requests bring one id, and it is remembered.
    if (texts.length > 1 && !ids.hasForm(text)) continue
    if (++checks > MAX_CHECKS) break
    const known = ids.find(text)
    if (known === undefined || candidates.some(({ reference }) => reference === known.storageID)) continue
    candidates.push({ text, key: known.key, reference: known.storageID })
    if (candidates.length === MAX_READS) break
  }
  return candidates
}

/** Opens them one after the other. Nothing is awaited where it is there: that would be a turn of the queue. */
function openAll(
  [candidate, ...rest]: readonly Candidate[],
  port: SessionPort,
  opened: readonly Opened[],
): Awaitable<readonly Opened[]> {
  if (candidate === undefined) return opened
  const finding = port.open(candidate.reference)
  const goOn = (found: OpenedSession | Absence) => openAll(rest, port, [...opened, { ...candidate, found }])
  return isPromise(finding) ? finding.then(goOn) : goOn(finding)
}

function isLive(opened: Opened): opened is Opened & { found: OpenedSession } {
  return typeof opened.found === 'object'
}

function timeOf({ sealedAt, createdAt }: OpenedSession): number {
  return sealedAt ?? createdAt
}

/**
 * Ends the other sessions that a browser has cookies of, when its visitor logs out: they would log the visitor in again.
 * Seals cannot be ended. Gives an empty session to send where there are any: the newest one, until they have expired.
 */
export async function endOthers(
  others: readonly OpenedSession[],
  { port, lifetimes, createID }: SessionContext,
): Promise<{ id: string; sealed: string | undefined; lifetime: number } | undefined> {
  if (others.length === 0) return undefined
  if (port.capabilities.kind !== 'sealed') {
    for (const other of others) await port.destroy(other.id, other)
    return undefined
  }
  const lifetime = Math.ceil(
    (Math.max(...others.map(({ expiresAt }) => expiresAt)) - lifetimes.clock.now()) / 1000,
  )
  const id = createID()
  const empty = await port.commit(id, undefined, { cleared: true, operations: new Map(), lifetime })
  return typeof empty === 'object' ? { id, sealed: empty.sealed, lifetime } : undefined
}
