import type { StoredRecord, Token } from '@sess/core/engine'
import { MapStore, type Row } from '../support/map-store.ts'
import { brokenStore } from './broken.ts'

class DeletesExpired extends MapStore {
  override async delete(id: string, token?: Token): Promise<boolean> {
    const there = this.reach().get(id)
    await super.delete(id, token)
    return there !== undefined && (token === undefined || there.token === token)
  }
}

class LoadIgnoresExpiry extends MapStore {
  override async load(id: string): Promise<StoredRecord | undefined> {
    return this.reach().get(id)
  }
}

class UpdateIgnoresExpiry extends MapStore {
  override async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: Token,
  ): Promise<Token | undefined> {
    return this.reach().get(id)?.token === token ? this.write(this.reach(), id, data, expiresAt) : undefined
  }
}

class ExtendIgnoresExpiry extends MapStore {
  override async extend(id: string, expiresAt: number, token: Token): Promise<Token | undefined> {
    const row = this.reach().get(id)
    return row?.token === token ? this.write(this.reach(), id, row.data, expiresAt) : undefined
  }
}

class CreateIgnoresExpiry extends MapStore {
  override async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    return this.reach().has(id) ? undefined : this.write(this.reach(), id, data, expiresAt)
  }
}

class RoundsDown extends MapStore {
  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    return super.write(rows, id, data, Math.floor(expiresAt / 1000) * 1000)
  }
}

class LivesAMillisecondLonger extends MapStore {
  protected override live(id: string): Row | undefined {
    const row = this.reach().get(id)
    return row && row.expiresAt >= this.clock.now() ? row : undefined
  }
}

class HasItsOwnClock extends MapStore {
  protected override live(id: string): Row | undefined {
    const row = this.reach().get(id)
    return row && row.expiresAt > Date.now() ? row : undefined
  }
}

class LivesAMonthAtMost extends MapStore {
  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    return super.write(rows, id, data, Math.min(expiresAt, this.clock.now() + 30 * 86_400_000))
  }
}

class ReadsTheExpiryEarly extends MapStore {
  override async load(id: string): Promise<StoredRecord | undefined> {
    const row = this.live(id)
    return row && { ...row, expiresAt: row.expiresAt - 900 * 1000 }
  }
}

/** Engines that end records at the wrong moment. */
export const lifetimes = [
  brokenStore('a load ignores the expiry', LoadIgnoresExpiry, [
    'expiry / ends a record at its moment, not before',
    'expiry / goes by the expiry of each record',
    'expiry / refuses to update an expired record',
    'expiry / refuses to extend an expired record',
  ]),
  brokenStore('an update ignores the expiry', UpdateIgnoresExpiry, [
    'expiry / refuses to update an expired record',
    'expiry / is not undone by a request that was under way',
  ]),
  brokenStore('an extension ignores the expiry', ExtendIgnoresExpiry, [
    'expiry / refuses to extend an expired record',
  ]),
  brokenStore('a create takes an expired record for a live one', CreateIgnoresExpiry, [
    'expiry / creates over an expired record',
  ]),
  brokenStore('the expiry is rounded down', RoundsDown, [
    'expiry / keeps the moment it was given, or rounds it up by less than a second',
    'expiry / ends an idle session at its moment, not before',
  ]),
  brokenStore('a record lives a millisecond too long', LivesAMillisecondLonger, [
    'expiry / ends a record at its moment, not before',
  ]),
  brokenStore('the engine has its own clock', HasItsOwnClock, [
    'expiry / ends a record at its moment, not before',
    'expiry / goes by the expiry of each record',
    'expiry / refuses to update an expired record',
    'expiry / refuses to extend an expired record',
    'expiry / has no expired record to delete',
    'expiry / creates over an expired record',
    'expiry / is not undone by a request that was under way',
  ]),
  brokenStore('a delete takes an expired record for a live one', DeletesExpired, [
    'expiry / has no expired record to delete',
  ]),
  brokenStore('a load gives an early expiry', ReadsTheExpiryEarly, [
    'save / replaces data and expiry and gives the next token',
    'touch / moves the expiry either way and keeps the data',
    'expiry / keeps the moment it was given, or rounds it up by less than a second',
    'expiry / ends a record at its moment, not before',
    'expiry / holds a life of ten years',
    'expiry / ends an idle session at its moment, not before',
    'expiry / lives on while it is used',
    'expiry / gives a session the lifetime that it asks for',
    'expiry / ends at the absolute lifetime, however much it is used',
    'count / leaves out expired records that are still there',
    'sweep / goes by the moment it is given',
    'provider / ends sessions after maxLifetime, swept or not',
    'provider / sessionGC reclaims expired sessions and no live one',
    'regenerate / lets a late request with the old id neither see, change nor replace the session',
    'regenerate / lets a logout that was under way end nothing and clear no newer cookie',
    'budget / reads once and writes nothing when nothing changed',
    'budget / reads once and writes once when something changed',
    'budget / extends a session that is only read once per tenth of its lifetime',
    'budget / makes three round trips for a login',
    'budget / makes two round trips for a logout',
  ]),
  brokenStore('a record lives a month at most', LivesAMonthAtMost, [
    'expiry / holds a life of ten years',
    'expiry / gives a session a longer lifetime than the usual',
  ]),
]
