import { createHash } from 'node:crypto'
import { LUA_MARK } from './record-value.ts'

/*
 * The scripts that change what is under a key: see `record-value.ts`. Each touches one key, so that a cluster takes it,
 * and writes last: an error means that nothing was done. They use only what Redis 6.2 and Valkey both have.
 */

export interface Script {
  readonly lua: string
  readonly sha: string
}

export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** Arguments: now, value, time to live. Writes unless a live record is there. */
export const create: Script = script(`
local header = redis.call('GETRANGE', KEYS[1], 0, 7)
if #header == 8 and header:sub(1, 2) == '${LUA_MARK}' and struct.unpack('>I6', header, 3) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`)

/** Arguments: now, revision, value, time to live. Writes in place of that very revision while it lives. */
export const update: Script = script(`
local header = redis.call('GETRANGE', KEYS[1], 0, 15)
if header:sub(9) ~= ARGV[2] or not (struct.unpack('>I6', header, 3) > tonumber(ARGV[1])) then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
`)

/** Arguments: now, revision, expiry, time to live. Gives that very revision another expiry while it lives. */
export const extend: Script = script(`
local header = redis.call('GETRANGE', KEYS[1], 0, 15)
if header:sub(9) ~= ARGV[2] or not (struct.unpack('>I6', header, 3) > tonumber(ARGV[1])) then return 0 end
redis.call('SETRANGE', KEYS[1], 0, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`)

/** Arguments: now, and a revision or nothing. Deletes that very revision, or whatever record of ours is there. */
export const remove: Script = script(`
local header = redis.call('GETRANGE', KEYS[1], 0, 15)
if header:sub(1, 2) ~= '${LUA_MARK}' then return 0 end
local isLive = #header >= 8 and struct.unpack('>I6', header, 3) > tonumber(ARGV[1])
if ARGV[2] and (not isLive or header:sub(9) ~= ARGV[2]) then return 0 end
redis.call('UNLINK', KEYS[1])
return isLive and 1 or 0
`)
