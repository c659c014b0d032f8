import type { Level, Need } from './rule.ts'
import type { Kind } from './subject.ts'

/** On which kinds of engine the rules of a level are checked. */
const levels: Readonly<Record<Level, readonly Kind[]>> = {
  store: ['record'],
  seal: ['sealed'],
  provider: ['record', 'provider'],
  session: ['record', 'sealed', 'provider'],
}

/** Rules that a kind of engine cannot keep by its nature. Everything else it must keep. */
export interface LeftOut {
  readonly kind: Kind
  readonly group: string
  /** The rules of the group, by name; all of them if unset. */
  readonly rules?: readonly string[]
  readonly why: string
}

/** The one table of what is not asked of whom. */
export const leftOut: readonly LeftOut[] = [
  {
    kind: 'sealed',
    group: 'delete',
    rules: ['leaves nothing for whoever kept the cookie', 'is not undone by a request that was under way'],
    why: 'a session that lives with the client cannot be revoked',
  },
  {
    kind: 'sealed',
    group: 'regenerate',
    rules: [
      'leaves nothing under the old id',
      'lets a late request with the old id neither see, change nor replace the session',
      'lets a logout that was under way end nothing and clear no newer cookie',
      'takes along what another request saved meanwhile',
      'gives way to a logout in the middle of it',
    ],
    why: 'a session that lives with the client cannot be revoked, nor changed by another request',
  },
  { kind: 'sealed', group: 'regenerate-faults', why: 'a sealed session is not moved, but sealed again' },
  {
    kind: 'sealed',
    group: 'concurrency',
    why: 'of two responses that seal the same session the browser keeps the last',
  },
  {
    kind: 'sealed',
    group: 'budget',
    rules: [
      'asks nothing for a forged or malformed id',
      'makes three round trips for a login',
      'makes two round trips for a logout',
    ],
    why: 'nothing is a round trip, and only opening a seal tells whether it is forged',
  },
  {
    kind: 'sealed',
    group: 'faults',
    rules: [
      'gives a typed error when a session cannot be destroyed',
      'does a save once whose answer was lost',
      'tries a save again that was not done',
      'ends a session whose logout got no answer, done or not',
      'says that the outcome is unknown when another save hides it, and does it no second time',
      'does a save at most once that the backend does late',
      'says that the outcome is unknown when the answer is lost and a new id may have taken the save along',
      'tells what a function given to update throws when it is run again',
    ],
    why: 'nothing is stored, so there is no answer to lose',
  },
  {
    kind: 'provider',
    group: 'expiry',
    rules: ['gives a session a longer lifetime than the usual'],
    why: 'a provider has one lifetime, that of sessionInit',
  },
  {
    kind: 'provider',
    group: 'provider',
    rules: ['sessionRelease of a session that was destroyed meanwhile does not bring it back'],
    why: 'the seven methods have no compare-and-swap; core looks before it writes, which is all it can do',
  },
  {
    kind: 'provider',
    group: 'isolation',
    rules: ['gives no reader an alias of what another one reads'],
    why: 'core copies what it hands to a provider and what it gets from it',
  },
  {
    kind: 'provider',
    group: 'types',
    rules: ['keeps null apart from nothing', 'keeps undefined apart from a missing key'],
    why: 'get is all there is to tell whether a provider has a key',
  },
  {
    kind: 'provider',
    group: 'regenerate',
    rules: [
      'lets a late request with the old id neither see, change nor replace the session',
      'lets a logout that was under way end nothing and clear no newer cookie',
      'takes along what another request saved meanwhile',
      'gives way to a logout in the middle of it',
    ],
    why: 'the seven methods have no compare-and-swap and keep no trace of an old id',
  },
  { kind: 'provider', group: 'regenerate-faults', why: 'a provider moves a session in one call of its own' },
  { kind: 'provider', group: 'concurrency', why: 'the seven methods have no compare-and-swap' },
  { kind: 'provider', group: 'budget', why: 'the seven methods need several calls where a swap is one' },
  {
    kind: 'provider',
    group: 'faults',
    rules: [
      'does a save once whose answer was lost',
      'tries a save again that was not done',
      'ends a session whose logout got no answer, done or not',
      'says that the outcome is unknown when another save hides it, and does it no second time',
      'does a save at most once that the backend does late',
      'says that the outcome is unknown when the answer is lost and a new id may have taken the save along',
    ],
    why: 'the seven methods have no revision that tells whether a save was done',
  },
  {
    kind: 'provider',
    group: 'corruption',
    rules: ['gives all of a session or none after a flipped bit'],
    why: 'a provider stores values in a form of its own, without the checksum of core',
  },
]

/** Why an engine need not keep a rule for what its subject or backend does not have. */
export const needs: Readonly<Record<Need, string>> = {
  count: 'the engine does not count',
  sweep: 'the engine does not sweep: its backend expires records by itself',
  maxBytes: 'the engine declares no limit',
  dump: 'the subject gives no dump of its backend',
  tamper: 'the subject gives no way to tamper with its backend',
  outage: 'the subject gives no way to take its backend down',
}

/** Why this kind of engine is not asked to keep a rule, or `undefined` if it is. */
export function whyLeftOut(
  kind: Kind,
  group: string,
  rule: { level: Level; name: string },
): string | undefined {
  const kinds = levels[rule.level]
  if (!kinds.includes(kind)) return `for engines of kind ${kinds.join(' or ')} only`
  return leftOut.find(
    each => each.kind === kind && each.group === group && (each.rules?.includes(rule.name) ?? true),
  )?.why
}
