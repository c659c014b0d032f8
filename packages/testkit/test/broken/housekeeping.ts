import type { Clock, Token } from '@sess/core/engine'
import { MapStore, mapBackend, type Row, Rows } from '../support/map-store.ts'
import { type Broken, brokenStore, repeatable } from './broken.ts'

class DoesNotDelete extends MapStore {
  override async delete(): Promise<boolean> {
    this.reach()
    return true
  }
}

class DeletesOnceOnly extends MapStore {
  override async delete(id: string, token?: Token): Promise<boolean> {
    if (!(await super.delete(id, token))) throw new Error('there is no such record')
    return true
  }
}

class DeletesOthers extends MapStore {
  override async delete(id: string, token?: Token): Promise<boolean> {
    const isDeleted = await super.delete(id, token)
    for (const each of [...this.reach().keys()].slice(0, 1)) this.reach().delete(each)
    return isDeleted
  }
}

class DeletesWithAnyToken extends MapStore {
  override async delete(id: string): Promise<boolean> {
    return super.delete(id)
  }
}

class DeleteLooksFirst extends MapStore {
  override async delete(id: string, token?: Token): Promise<boolean> {
    if (token === undefined) return super.delete(id)
    const isMine = this.live(id)?.token === token
    await new Promise(resolve => setImmediate(resolve))
    return isMine && super.delete(id)
  }
}

class SweepsLiveRecords extends MapStore {
  override async sweep(now: number, limit: number): Promise<number> {
    const swept = await super.sweep(now, limit)
    if (swept > 0) for (const id of [...this.reach().keys()].slice(0, 1)) this.reach().delete(id)
    return swept
  }
}

class SweepIgnoresLimit extends MapStore {
  override async sweep(now: number): Promise<number> {
    return super.sweep(now, Number.POSITIVE_INFINITY)
  }
}

class SweepStopsEarly extends MapStore {
  override async sweep(now: number, limit: number): Promise<number> {
    return super.sweep(now, limit - 1)
  }
}

class SweepsEarly extends MapStore {
  override async sweep(now: number, limit: number): Promise<number> {
    return super.sweep(now + 50_000, limit)
  }
}

class SweepCountsTwice extends MapStore {
  override async sweep(now: number, limit: number): Promise<number> {
    const found = [...this.reach().values()].filter(row => row.expiresAt <= now).slice(0, limit)
    await new Promise(resolve => setImmediate(resolve))
    await super.sweep(now, limit)
    return found.length
  }
}

class SweepSparesTombstones extends MapStore {
  override async sweep(now: number, limit: number): Promise<number> {
    const expired = [...this.reach()].filter(([, row]) => row.expiresAt <= now && row.data.length > 13)
    for (const [id] of expired.slice(0, limit)) this.reach().delete(id)
    return Math.min(expired.length, limit)
  }
}

class SweepOnlyMarks extends MapStore {
  override async sweep(now: number, limit: number): Promise<number> {
    const expired = [...this.reach().values()].filter(row => row.expiresAt <= now && row.token !== '')
    for (const row of expired.slice(0, limit)) row.token = ''
    return Math.min(expired.length, limit)
  }
}

class CountsExpired extends MapStore {
  override async count(): Promise<number> {
    return super.count(0)
  }
}

class CountsTombstones extends MapStore {
  override async count(now: number): Promise<number> {
    return [...this.reach().values()].filter(row => row.expiresAt > now).length
  }
}

class Truncates extends MapStore {
  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    return super.write(rows, id, data.slice(0, 65_535), expiresAt)
  }
}

/** Tells the limit that it has only to those who ask it, so that core does not know. */
class RefusesLate extends MapStore {
  override readonly maxBytes = 2_000_000

  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    if (data.length > 1_000_000) throw new Error('max_allowed_packet exceeded')
    return super.write(rows, id, data, expiresAt)
  }
}

class LeavesTimers extends MapStore {
  constructor(rows: Rows, clock: Clock) {
    super(rows, clock)
    setInterval(() => {}, 60_000).unref()
  }
}

class ClosesTheBackend extends MapStore {
  override async close(): Promise<void> {
    this.rows.map.clear()
  }
}

class CannotBeClosed extends MapStore {
  override async close(): Promise<void> {
    throw new Error('not connected')
  }
}

/** The rows of the backend that is in use, for whoever asks for another one. */
const inUse: Rows[] = []

const sharesBackends: Broken = {
  subject: {
    name: 'two backends at a time are one',
    ...repeatable,
    create: ({ clock }) => {
      const rows = inUse[0] ?? new Rows()
      inUse.push(rows)
      return {
        ...mapBackend(clock, MapStore, rows),
        destroy: () => {
          inUse.pop()
        },
      }
    },
  },
  fails: ['isolation / shares nothing with another backend'],
}

const { append } = Headers.prototype

function replaceAppend(value: typeof append): void {
  Object.defineProperty(Headers.prototype, 'append', { value, writable: true, configurable: true })
}

/** As when a proxy logs what passes into the same database. */
const storesRawIds: Broken = {
  subject: {
    name: 'raw ids are stored',
    ...repeatable,
    create: ({ clock }) => {
      const log: string[] = []
      replaceAppend(function (this: Headers, name, value) {
        log.push(value)
        append.call(this, name, value)
      })
      const backend = mapBackend(clock)
      return {
        ...backend,
        dump: async () => [...((await backend.dump?.()) ?? []), ...log],
        destroy: () => replaceAppend(append),
      }
    },
  },
  fails: ['secrets / stores no raw id'],
}

/** Engines that delete, sweep, count, measure or close wrongly. */
export const housekeeping = [
  brokenStore('a delete does nothing', DoesNotDelete, [
    'create / inserts where a record was deleted',
    'save / does not bring a deleted record back',
    'save / refuses the token of a deleted record on the one created in its place',
    'touch / does not bring a deleted record back',
    'delete / makes the record absent, on every connection',
    'delete / takes a missing record for deleted',
    'delete / with a token, deletes only the write that it is of',
    'delete / with a token, races with an update of the same write, and one of them wins',
    'delete / wins over every update that races with it',
    'delete / leaves nothing for whoever kept the cookie',
    'delete / is not undone by a request that was under way',
    'count / counts what is live, from every connection',
    'count / gives getActiveSession its number',
    'expiry / has no expired record to delete',
    'provider / sessionDestroy ends one session, on every server',
    'provider / sessionRelease of a session that was destroyed meanwhile does not bring it back',
    'provider / sessionAll counts the live sessions, or says that it cannot',
    'isolation / keeps records apart whose ids differ by one character',
    'corruption / loads damaged records without an exception, and can replace and delete them',
    'regenerate / lets a logout that was under way end nothing and clear no newer cookie',
    'regenerate / gives way to a logout in the middle of it',
    'regenerate-faults / leaves the old session whole or is done when the backend refuses at every update',
    'concurrency / extends no session that was destroyed meanwhile',
    'concurrency / moves no session that was destroyed meanwhile to a new id',
    'concurrency / survives any interleaving of requests',
    'faults / ends a session whose logout got no answer, done or not',
  ]),
  brokenStore('a delete of a missing record is an error', DeletesOnceOnly, [
    'delete / takes a missing record for deleted',
    'delete / with a token, deletes only the write that it is of',
    'delete / with a token, races with an update of the same write, and one of them wins',
    'delete / touches no other record',
    'expiry / has no expired record to delete',
    'provider / sessionDestroy ends one session, on every server',
  ]),
  brokenStore('a delete does not look at its token', DeletesWithAnyToken, [
    'delete / with a token, deletes only the write that it is of',
    'delete / with a token, races with an update of the same write, and one of them wins',
    'regenerate / lets a logout that was under way end nothing and clear no newer cookie',
  ]),
  brokenStore('a delete with a token looks first and deletes later', DeleteLooksFirst, [
    'delete / with a token, races with an update of the same write, and one of them wins',
  ]),
  brokenStore('a delete takes another record along', DeletesOthers, [
    'delete / with a token, deletes only the write that it is of',
    'delete / with a token, races with an update of the same write, and one of them wins',
    'delete / touches no other record',
    'count / counts what is live, from every connection',
    'provider / sessionDestroy ends one session, on every server',
    'provider / sessionAll counts the live sessions, or says that it cannot',
    'isolation / keeps records apart whose ids differ by one character',
    'isolation / gives every visitor a session of their own',
    'regenerate / lets a logout that was under way end nothing and clear no newer cookie',
    'regenerate-faults / leaves the old session whole or is done when the backend refuses at every update',
  ]),
  brokenStore('a sweep takes a live record', SweepsLiveRecords, [
    'sweep / reclaims what has expired and leaves what lives',
    'sweep / counts no record twice when several sweep at once',
    'provider / sessionGC reclaims expired sessions and no live one',
  ]),
  brokenStore('a sweep ignores its limit', SweepIgnoresLimit, [
    'sweep / reclaims at most as many as it was told, and the rest next time',
  ]),
  brokenStore('a sweep stops before its limit', SweepStopsEarly, [
    'sweep / reclaims at most as many as it was told, and the rest next time',
  ]),
  brokenStore('a sweep comes early', SweepsEarly, ['sweep / goes by the moment it is given']),
  brokenStore('sweeps at once count the same records', SweepCountsTwice, [
    'sweep / counts no record twice when several sweep at once',
  ]),
  brokenStore('a sweep spares tombstones', SweepSparesTombstones, ['sweep / reclaims tombstones']),
  brokenStore('a sweep frees nothing', SweepOnlyMarks, ['sweep / frees the space']),
  brokenStore('the count has expired records', CountsExpired, [
    'count / leaves out expired records that are still there',
    'count / gives getActiveSession its number',
    'provider / sessionAll counts the live sessions, or says that it cannot',
  ]),
  brokenStore('the count has tombstones', CountsTombstones, [
    'count / leaves out tombstones',
    'count / gives getActiveSession its number',
    'provider / sessionAll counts the live sessions, or says that it cannot',
  ]),
  brokenStore('large data is cut', Truncates, [
    'size / holds as much as it says',
    'size / keeps a large session whole or refuses it',
  ]),
  brokenStore('the limit is not the one it declares', RefusesLate, [
    'size / holds as much as it says',
    'size / keeps a large session whole or refuses it',
  ]),
  brokenStore('a timer is left', LeavesTimers, ['close / leaves no timer and no handle behind']),
  brokenStore('a close closes everybody', ClosesTheBackend, [
    'close / closes its own connection only',
    'close / leaves the sessions to the other servers',
  ]),
  brokenStore('a close fails', CannotBeClosed, [
    'close / closes its own connection only',
    'close / closes without an error, used or not',
    'close / closes in time while a sweep hangs',
    'close / closes a manager once, however often it is told to',
    'close / refuses with ERR_CLOSED what comes after',
    'close / leaves the sessions to the other servers',
    'close / leaves no timer and no handle behind',
  ]),
  sharesBackends,
  storesRawIds,
]
