// An engine that does all that the scenarios ask for, and, when it is told to, one thing wrong. On Redis.
import { fromRecordStore, register, revisionOf, SessionError, TOMBSTONE_BYTES } from '@sess/core/engine'
import { Connection } from './connection.mjs'

/** A record is a hash of data, revision and expiry. */
const write = `
  redis.call('HSET', KEYS[1], 'd', ARGV[1], 'r', ARGV[2], 'e', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[3] - ARGV[4])`
const isLive = `((redis.call('HGET', KEYS[1], 'e') or '0') + 0 > ARGV[4] + 0)`
const isCurrent = `(redis.call('HGET', KEYS[1], 'r') == ARGV[5])`

const scripts = {
  create: `if ${isLive} then return 0 end ${write} return 1`,
  update: `if not (${isLive} and ${isCurrent}) then return 0 end ${write} return 1`,
  'update if there': `if not ${isLive} then return 0 end ${write} return 1`,
  'update anyway': `if ${isLive} and not (${isCurrent}) then return 0 end ${write} return 1`,
  delete: `if not ${isLive} or (ARGV[5] ~= '' and not (${isCurrent})) then return 0 end return redis.call('DEL', KEYS[1])`,
}

class ModelStore {
  #connection
  #clock
  #fault

  static async open({ host, port, fault }, { clock, timeout }) {
    const store = new ModelStore({ host, port }, clock, timeout, fault)
    if (fault === 'leaves a timer behind') setInterval(() => {}, 1000)
    try {
      await store.#connection.command('PING')
    } catch (cause) {
      throw new SessionError('ERR_BACKEND', `No Redis at ${host}:${port}`, { cause })
    }
    return store
  }

  constructor(address, clock, timeout, fault) {
    const hears = fault === 'rejects where nobody listens' ? error => void Promise.reject(error) : undefined
    const ownTimeout = fault === 'waits for ever' ? 1_000_000 : timeout
    this.#connection = new Connection(address, ownTimeout, hears)
    this.#clock = clock
    this.#fault = fault
  }

  create(id, data, expiresAt) {
    return this.#write('create', id, data, expiresAt, '')
  }

  async load(id) {
    if (this.#fault === 'looks before it loads') await this.#command('EXISTS', id)
    const [data, token, expiresAt] = await this.#command('HMGET', id, 'd', 'r', 'e')
    if (data === null || Number(expiresAt) <= this.#clock.now()) return undefined
    return { data, token: String(token), expiresAt: Number(expiresAt) }
  }

  update(id, data, expiresAt, token) {
    const faults = {
      'swaps whatever is there': 'update if there',
      'updates what is not there': 'update anyway',
    }
    return this.#write(faults[this.#fault] ?? 'update', id, data, expiresAt, token)
  }

  async delete(id, token = '') {
    if (this.#fault === 'keeps what it deletes') return true
    return (await this.#run('delete', id, '', '', 0, token)) === 1
  }

  async count(now) {
    let live = 0
    for (const id of await this.#command('KEYS', '*')) {
      const [data, expiresAt] = await this.#command('HMGET', id, 'd', 'e')
      if (data?.length > TOMBSTONE_BYTES && Number(expiresAt) > now) live++
    }
    return live
  }

  close() {
    if (this.#fault !== 'stays open') this.#connection.close()
  }

  async #write(script, id, data, expiresAt, token) {
    const revision = revisionOf(data)
    const isDone = await this.#run(script, id, data, revision, expiresAt, token)
    return isDone === 1 ? revision : undefined
  }

  #run(script, id, data, revision, expiresAt, token) {
    return this.#command('EVAL', scripts[script], 1, id, data, revision, expiresAt, this.#clock.now(), token)
  }

  async #command(...words) {
    if (this.#fault === 'writes in the next turn') await new Promise(resolve => setImmediate(resolve))
    try {
      return await this.#connection.command(...words)
    } catch (error) {
      if (this.#fault === 'sends again') return this.#connection.command(...words)
      if (this.#fault === 'never comes back') this.#connection.command = () => Promise.reject(error)
      throw error
    }
  }
}

register(
  'model',
  async ({ config, ...context }) => fromRecordStore(await ModelStore.open(config, context)),
  '@sess/model',
)
