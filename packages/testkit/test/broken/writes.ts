import type { Token } from '@sess/core/engine'
import { MapStore, type Row } from '../support/map-store.ts'
import { brokenStore } from './broken.ts'

class LastWriteWins extends MapStore {
  override async update(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    return this.live(id) && this.write(this.reach(), id, data, expiresAt)
  }
}

class ResurrectingUpdate extends MapStore {
  override async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: Token,
  ): Promise<Token | undefined> {
    if (!this.reach().has(id)) return this.write(this.reach(), id, data, expiresAt)
    return super.update(id, data, expiresAt, token)
  }
}

class ResurrectingExtend extends MapStore {
  readonly #last = new Map<Token, Row>()

  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    const token = super.write(rows, id, data, expiresAt)
    this.#last.set(token, rows.get(id) as Row)
    return token
  }

  override async extend(id: string, expiresAt: number, token: Token): Promise<Token | undefined> {
    const last = this.#last.get(token)
    if (last && !this.reach().has(id)) return this.write(this.reach(), id, last.data, expiresAt)
    return super.extend(id, expiresAt, token)
  }
}

class ExtendIgnoresToken extends MapStore {
  override async extend(id: string, expiresAt: number): Promise<Token | undefined> {
    const row = this.live(id)
    return row && this.write(this.reach(), id, row.data, expiresAt)
  }
}

class ExtendKeepsOldTokens extends MapStore {
  static #extended = new WeakSet<Row>()

  override async extend(id: string, expiresAt: number, token: Token): Promise<Token | undefined> {
    const next = await super.extend(id, expiresAt, token)
    if (next !== undefined) ExtendKeepsOldTokens.#extended.add(this.live(id) as Row)
    return next
  }

  override async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: Token,
  ): Promise<Token | undefined> {
    const row = this.live(id)
    return super.update(
      id,
      data,
      expiresAt,
      row && ExtendKeepsOldTokens.#extended.has(row) ? row.token : token,
    )
  }
}

class ExtendLosesData extends MapStore {
  override async extend(id: string, expiresAt: number, token: Token): Promise<Token | undefined> {
    const row = this.live(id)
    return row?.token === token ? this.write(this.reach(), id, row.data.slice(0, 16), expiresAt) : undefined
  }
}

class CountingTokens extends MapStore {
  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    const token = String(Number(rows.get(id)?.token ?? 0) + 1)
    rows.set(id, { data: Uint8Array.from(data), expiresAt, token })
    return token
  }
}

class CreateOverwrites extends MapStore {
  override async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    return this.write(this.reach(), id, data, expiresAt)
  }
}

class CreateLooksFirst extends MapStore {
  override async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    const isTaken = this.live(id) !== undefined
    await new Promise(resolve => setImmediate(resolve))
    return isTaken ? undefined : this.write(this.reach(), id, data, expiresAt)
  }
}

class UpdateLooksFirst extends MapStore {
  override async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: Token,
  ): Promise<Token | undefined> {
    const isMine = this.live(id)?.token === token
    await new Promise(resolve => setImmediate(resolve))
    return isMine ? this.write(this.reach(), id, data, expiresAt) : undefined
  }
}

/** As when a driver sends an update again whose answer is late, and then finds its own token stale. */
class SaysStaleWhenDone extends MapStore {
  override async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: Token,
  ): Promise<Token | undefined> {
    const before = this.live(id)?.data.length ?? 0
    const next = await super.update(id, data, expiresAt, token)
    return data.length < before - 3000 ? undefined : next
  }
}

class CreateGivesNoToken extends MapStore {
  override async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    return (await super.create(id, data, expiresAt)) && true
  }
}

class ExtendGivesTheOldToken extends MapStore {
  override async extend(id: string, expiresAt: number, token: Token): Promise<Token | undefined> {
    return (await super.extend(id, expiresAt, token)) && token
  }
}

class ForgetsExpiryOnUpdate extends MapStore {
  override async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: Token,
  ): Promise<Token | undefined> {
    return super.update(id, data, this.live(id)?.expiresAt ?? expiresAt, token)
  }
}

/** Engines that write what, when or where they should not. */
export const writes = [
  brokenStore('the last write wins', LastWriteWins, [
    'faults / tells what a function given to update throws when it is run again',
    'save / refuses a token that another write has made stale',
    'save / keeps old tokens stale after the life was extended',
    'save / refuses the token of a deleted record on the one created in its place',
    'save / lets one of many win',
    'expiry / creates over an expired record',
    'regenerate / lets a late request with the old id neither see, change nor replace the session',
    'regenerate / takes along what another request saved meanwhile',
    'concurrency / counts to a hundred in a hundred overlapping requests',
    'concurrency / keeps what overlapping requests set under different keys',
    'concurrency / survives any interleaving of requests',
  ]),
  brokenStore('an update creates', ResurrectingUpdate, [
    'save / creates nothing where there is nothing',
    'save / does not bring a deleted record back',
    'delete / with a token, races with an update of the same write, and one of them wins',
    'delete / wins over every update that races with it',
    'delete / is not undone by a request that was under way',
    'provider / sessionRelease of a session that was destroyed meanwhile does not bring it back',
    'regenerate / gives way to a logout in the middle of it',
    'concurrency / moves no session that was destroyed meanwhile to a new id',
    'concurrency / survives any interleaving of requests',
  ]),
  brokenStore('an extension creates', ResurrectingExtend, [
    'touch / creates nothing where there is nothing',
    'touch / does not bring a deleted record back',
  ]),
  brokenStore('an extension ignores its token', ExtendIgnoresToken, [
    'touch / refuses a token that another write has made stale',
  ]),
  brokenStore('an extension lets old tokens pass', ExtendKeepsOldTokens, [
    'save / keeps old tokens stale after the life was extended',
  ]),
  brokenStore('an extension loses the data', ExtendLosesData, [
    'save / keeps old tokens stale after the life was extended',
    'touch / moves the expiry either way and keeps the data',
    'expiry / lives on while it is used',
    'provider / sessionGC reclaims expired sessions and no live one',
    'concurrency / survives any interleaving of requests',
    'budget / extends a session that is only read once per tenth of its lifetime',
  ]),
  brokenStore('tokens begin anew with every record', CountingTokens, [
    'save / refuses the token of a deleted record on the one created in its place',
  ]),
  brokenStore('a create overwrites', CreateOverwrites, [
    'create / leaves a live record alone and says so',
    'create / lets one of many win',
  ]),
  brokenStore('a create looks first and writes later', CreateLooksFirst, ['create / lets one of many win']),
  brokenStore('an update looks first and writes later', UpdateLooksFirst, [
    'save / lets one of many win',
    'delete / with a token, races with an update of the same write, and one of them wins',
    'delete / wins over every update that races with it',
    'concurrency / counts to a hundred in a hundred overlapping requests',
  ]),
  brokenStore('an update that was done is called stale', SaysStaleWhenDone, [
    'load / gives the last write, on every connection',
    'save / saves what a request sets, deletes, flushes and updates',
  ]),
  brokenStore('a create gives no token to go on with', CreateGivesNoToken, [
    'create / gives a token that the first update is done with',
    'load / gives the last write, on every connection',
    'load / never gives a record that is half one write and half another',
    'save / replaces data and expiry and gives the next token',
    'save / refuses a token that another write has made stale',
    'save / keeps old tokens stale after the life was extended',
    'save / lets one of many win',
    'touch / moves the expiry either way and keeps the data',
    'touch / gives a token that an update is done with',
    'touch / refuses a token that another write has made stale',
    'delete / with a token, deletes only the write that it is of',
    'delete / with a token, races with an update of the same write, and one of them wins',
    'expiry / creates over an expired record',
    'count / leaves out tombstones',
    'isolation / gives no reader what another one may overwrite',
    'regenerate / takes along what another request saved meanwhile',
    'concurrency / survives any interleaving of requests',
    'close / closes its own connection only',
  ]),
  brokenStore('an extension gives the token that it has used up', ExtendGivesTheOldToken, [
    'touch / moves the expiry either way and keeps the data',
    'touch / gives a token that an update is done with',
  ]),
  brokenStore('an update keeps the old expiry', ForgetsExpiryOnUpdate, [
    'save / replaces data and expiry and gives the next token',
    'expiry / gives a session the lifetime that it asks for',
  ]),
]
