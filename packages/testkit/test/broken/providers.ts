import type { Clock, Provider, SessionStore } from '@sess/core/engine'
import { OwnProvider, OwnStore, ownBackend, type Row } from '../support/own-provider.ts'
import { type Broken, repeatable } from './broken.ts'

class BeginsOnRead extends OwnProvider {
  override async sessionRead(sid: string): Promise<SessionStore> {
    if (!this.live(sid)) this.save(sid, new Map())
    return super.sessionRead(sid)
  }
}

class EverythingExists extends OwnProvider {
  override async sessionExist(): Promise<boolean> {
    return true
  }
}

class NeverExpires extends OwnProvider {
  protected override live(sid: string): Row | undefined {
    return this.rows.get(sid)
  }
}

class ReadsExpired extends OwnProvider {
  override async sessionRead(sid: string): Promise<SessionStore> {
    return new OwnStore(sid, new Map(this.rows.get(sid)?.values), values => this.save(sid, values))
  }

  override async sessionExist(sid: string): Promise<boolean> {
    return this.rows.has(sid)
  }
}

class KeepsTheOldId extends OwnProvider {
  override async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    const row = this.live(oldSid)
    if (row) this.rows.set(sid, row)
    return this.sessionRead(sid)
  }
}

class RegenerateLosesData extends OwnProvider {
  override async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    this.rows.delete(oldSid)
    return this.sessionRead(sid)
  }
}

class RegenerateKeepsTheName extends OwnProvider {
  override async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    const values = this.live(oldSid)?.values
    this.rows.delete(oldSid)
    if (values) this.save(sid, values)
    return new OwnStore(oldSid, new Map(values), each => this.save(sid, each))
  }
}

class RegenerateNeedsASession extends OwnProvider {
  override async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    if (!this.live(oldSid)) throw new Error('no such session')
    return super.sessionRegenerate(oldSid, sid)
  }
}

class DoesNotDestroy extends OwnProvider {
  override async sessionDestroy(): Promise<void> {}
}

class DestroyNeedsASession extends OwnProvider {
  override async sessionDestroy(sid: string): Promise<void> {
    if (!this.rows.delete(sid)) throw new Error('no such session')
  }
}

class StoresJson extends OwnProvider {
  protected override save(sid: string, values: Map<string, unknown>): void {
    super.save(sid, new Map(JSON.parse(JSON.stringify([...values]))))
  }
}

/** What a copy by hand makes of a value. */
class ForgetsPropertiesOfArrays extends OwnProvider {
  protected override save(sid: string, values: Map<string, unknown>): void {
    super.save(sid, new Map([...values].map(([key, value]) => [key, isArray(value) ? value.slice() : value])))
  }
}

class MakesTwoOfOne extends OwnProvider {
  protected override save(sid: string, values: Map<string, unknown>): void {
    super.save(sid, new Map([...values].map(([key, value]) => [key, this.#copy(value)])))
  }

  #copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (!isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value
    const copy = isArray(value) ? value.slice() : {}
    for (const [name, member] of Object.entries(value))
      Object.defineProperty(copy, name, {
        value: this.#copy(member),
        writable: true,
        enumerable: true,
        configurable: true,
      })
    return copy
  }
}

function isArray(value: unknown): value is unknown[] {
  return Array.isArray(value)
}

class SharesItsValues extends OwnProvider {
  override async sessionRead(sid: string): Promise<SessionStore> {
    return new OwnStore(sid, this.live(sid)?.values ?? new Map(), values => this.save(sid, values))
  }
}

class KeepsWhatWasDeleted extends OwnProvider {
  protected override save(sid: string, values: Map<string, unknown>): void {
    super.save(sid, new Map([...(this.live(sid)?.values ?? []), ...values]))
  }
}

class SavesOnce extends OwnProvider {
  readonly #saved = new WeakSet<Map<string, unknown>>()

  protected override save(sid: string, values: Map<string, unknown>): void {
    if (!this.#saved.has(values)) super.save(sid, values)
    this.#saved.add(values)
  }
}

class SweepsEverything extends OwnProvider {
  override async sessionGC(): Promise<void> {
    this.rows.clear()
  }
}

class CountsExpired extends OwnProvider {
  override async sessionAll(): Promise<number> {
    return this.rows.size
  }
}

class DestroysOthers extends OwnProvider {
  override async sessionDestroy(): Promise<void> {
    this.rows.clear()
  }
}

function brokenProvider(
  name: string,
  Own: new (rows: Map<string, Row>, clock: Clock) => Provider,
  fails: readonly string[],
): Broken {
  return { subject: { name, ...repeatable, create: ({ clock }) => ownBackend(clock, Own) }, fails }
}

/** Providers of the seven methods that are right but for one thing. */
export const providers = [
  brokenProvider('sessionRead begins a session', BeginsOnRead, [
    'provider / sessionRead gives an empty session for an unknown id, and does not begin it',
    'provider / sessionRegenerate moves the session and leaves nothing under the old id',
    'provider / sessionDestroy ends one session, on every server',
  ]),
  brokenProvider('sessionExist adopts every id', EverythingExists, [
    'delete / leaves nothing for whoever kept the cookie',
    'delete / is not undone by a request that was under way',
    'expiry / ends an idle session at its moment, not before',
    'expiry / is not undone by a request that was under way',
    'provider / sessionRead gives an empty session for an unknown id, and does not begin it',
    'provider / sessionExist tells sessions from made-up ids',
    'provider / sessionRegenerate moves the session and leaves nothing under the old id',
    'provider / sessionDestroy ends one session, on every server',
    'provider / ends sessions after maxLifetime, swept or not',
    'provider / sessionGC reclaims expired sessions and no live one',
    'isolation / adopts no id that it did not give out',
    'regenerate / leaves nothing under the old id',
  ]),
  brokenProvider('sessions never expire', NeverExpires, [
    'provider / ends sessions after maxLifetime, swept or not',
    'provider / sessionGC reclaims expired sessions and no live one',
    'provider / sessionAll counts the live sessions, or says that it cannot',
  ]),
  brokenProvider('expired sessions can be read', ReadsExpired, [
    'provider / ends sessions after maxLifetime, swept or not',
  ]),
  brokenProvider('sessionRegenerate leaves the old id alive', KeepsTheOldId, [
    'provider / sessionRegenerate moves the session and leaves nothing under the old id',
    'provider / sessionAll counts the live sessions, or says that it cannot',
    'regenerate / leaves nothing under the old id',
  ]),
  brokenProvider('sessionRegenerate loses the data', RegenerateLosesData, [
    'provider / sessionRegenerate moves the session and leaves nothing under the old id',
    'provider / sessionAll counts the live sessions, or says that it cannot',
    'regenerate / keeps the data, pending changes included, under a new id',
    'regenerate / leaves nothing under the old id',
  ]),
  brokenProvider('sessionRegenerate gives a store of the old id', RegenerateKeepsTheName, [
    'provider / sessionRegenerate moves the session and leaves nothing under the old id',
    'provider / sessionRegenerate gives an empty session when there is none',
  ]),
  brokenProvider('sessionRegenerate needs a session', RegenerateNeedsASession, [
    'provider / sessionRegenerate gives an empty session when there is none',
  ]),
  brokenProvider('sessionDestroy does nothing', DoesNotDestroy, [
    'delete / leaves nothing for whoever kept the cookie',
    'delete / is not undone by a request that was under way',
    'provider / sessionDestroy ends one session, on every server',
    'provider / sessionAll counts the live sessions, or says that it cannot',
  ]),
  brokenProvider('sessionDestroy of a missing session is an error', DestroyNeedsASession, [
    'provider / sessionDestroy ends one session, on every server',
  ]),
  brokenProvider('values are stored as JSON', StoresJson, [
    'isolation / shows nobody a change that was not saved',
    'types / *',
  ]),
  brokenProvider('properties of arrays are forgotten', ForgetsPropertiesOfArrays, [
    'types / keeps an array with properties of its own',
    'types / keeps the result of a match',
  ]),
  brokenProvider('one object becomes two', MakesTwoOfOne, [
    'types / keeps one object at several places one object, and equal ones apart',
  ]),
  brokenProvider('all readers share the values', SharesItsValues, [
    'isolation / shows no reader what another one has not released',
  ]),
  brokenProvider('what was deleted is kept', KeepsWhatWasDeleted, [
    'save / saves what a request sets, deletes, flushes and updates',
    'provider / sessionRelease stores what was set, deleted and flushed',
    'regenerate / keeps the data, pending changes included, under a new id',
  ]),
  brokenProvider('a second release saves nothing', SavesOnce, [
    'provider / sessionRelease can be called again',
  ]),
  brokenProvider('sessionGC takes live sessions', SweepsEverything, [
    'provider / sessionGC reclaims expired sessions and no live one',
  ]),
  brokenProvider('sessionAll counts expired sessions', CountsExpired, [
    'provider / sessionAll counts the live sessions, or says that it cannot',
  ]),
  brokenProvider('sessionDestroy takes others along', DestroysOthers, [
    'provider / sessionDestroy ends one session, on every server',
    'provider / sessionAll counts the live sessions, or says that it cannot',
    'isolation / gives every visitor a session of their own',
    'secrets / stores no raw id',
  ]),
]
