import { TOMBSTONE_BYTES } from '@sess/core/engine'
import type { Connection } from './connection.ts'
import { EXPIRY_BYTES, expiryOf } from './record-value.ts'

/** Keys that Redis looks at in one step: a fraction of a millisecond of its time. */
const STEP = 500

/**
 * The number of live sessions. Goes over all keys in small steps, so that Redis serves others in between. Keys of
 * others that begin with the prefix are looked at, and are not counted.
 */
export async function countLive(connection: Connection, prefix: string, now: number): Promise<number> {
  const { keyPrefix } = connection
  const pattern = patternOf(keyPrefix + prefix)
  // A scan may give a key twice, and so do two masters while it moves.
  const live = new Set<string>()
  for (const node of await connection.masters()) {
    let cursor = '0'
    do {
      const [next, found] = await connection.run(() =>
        node.scanBuffer(cursor, 'MATCH', pattern, 'COUNT', STEP, 'TYPE', 'string'),
      )
      cursor = next.toString()
      const keys = found.map(key => key.toString().slice(keyPrefix.length)).filter(key => !live.has(key))
      const isLive = await Promise.all(keys.map(key => isLiveSession(connection, key, now)))
      for (const [i, key] of keys.entries()) if (isLive[i]) live.add(key)
    } while (cursor !== '0')
  }
  return live.size
}

/** What matches the keys that begin with that very prefix. */
export function patternOf(prefix: string): string {
  return `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`
}

async function isLiveSession(connection: Connection, key: string, now: number): Promise<boolean> {
  // One byte more than a tombstone has.
  const start = await connection.run(client => client.getrangeBuffer(key, 0, EXPIRY_BYTES + TOMBSTONE_BYTES))
  return start.length > EXPIRY_BYTES + TOMBSTONE_BYTES && (expiryOf(start) ?? 0) > now
}
