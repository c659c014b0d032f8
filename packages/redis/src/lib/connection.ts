import { performance } from 'node:perf_hooks'
import { clearTimeout, SessionError, setTimeout, sleep } from '@sess/core/engine'
import { isNoScript, isUnsent, startError, withoutCommand } from './driver-error.ts'
import { checkClient } from './given-client.ts'
import { connectOwn } from './own-client.ts'
import type { RedisClient, ScannedNode } from './redis-client.ts'
import { checkRights, tryRights } from './rights.ts'
import type { Script } from './scripts.ts'
import type { Settings } from './settings.ts'

/** A node of a cluster that is away is not waited for, as the sessions of the others work. A part of `timeout`. */
const PATIENCE = 0.2
const LIFE_EVENTS = ['ready', 'close', 'end']

/** A client that is asked only while it is connected, and whose errors say nothing they should not. */
export class Connection {
  readonly #client: RedisClient
  readonly #timeout: number
  readonly #close: (() => Promise<void>) | undefined
  /** Shared by all calls that wait for the connection. */
  #waiting: Promise<void> | undefined
  /** It was waited for in vain. */
  #isDown = false
  #closing: Promise<void> | undefined

  private constructor(client: RedisClient, timeout: number, close?: () => Promise<void>) {
    this.#client = client
    this.#timeout = timeout
    this.#close = close
  }

  /** @throws ERR_CONFIG, ERR_BACKEND */
  static async open(settings: Settings, timeout: number): Promise<Connection> {
    if (settings.kind !== 'client') {
      const { client, close } = await connectOwn(settings, timeout)
      return new Connection(client, timeout, close)
    }
    checkClient(settings.client, timeout)
    return new Connection(settings.client, timeout)
  }

  get isCluster(): boolean {
    return this.#client.isCluster
  }

  /** What the client itself puts before the keys. */
  get keyPrefix(): string {
    return String((this.#client.options as { keyPrefix?: unknown }).keyPrefix ?? '')
  }

  /** The servers that hold the keys; of a cluster those that are masters now. */
  masters(): Promise<readonly ScannedNode[]> {
    return this.run(async client => {
      if (!client.nodes) return [client]
      await new Promise<void>((resolve, reject) => {
        const done = (error?: Error | null) => (error ? reject(error) : resolve())
        if (client.refreshSlotsCache) client.refreshSlotsCache(done)
        else done()
      })
      return client.nodes('master')
    })
  }

  /**
   * Fails unless the engine may do here what it will need. Every server is asked at once.
   *
   * @param keys some that no session has
   */
  async check(keys: readonly string[], prefix: string, address: string): Promise<void> {
    const key = `${this.keyPrefix}${keys[0]}`
    try {
      await this.run(async client => {
        const nodes = client.nodes?.('master') ?? [client]
        const unlinked = client.unlink(...keys)
        unlinked.catch(() => undefined)
        const refusals = await Promise.all(
          nodes.map(node => inTime(tryRights(node, key, client.isCluster), this.#timeout * PATIENCE)),
        )
        checkRights(refusals, this.keyPrefix + prefix, address)
        await unlinked
      })
    } catch (error) {
      throw startError(address, error)
    }
  }

  /** What the client answers. */
  async run<T>(call: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#closing) throw new SessionError('ERR_CLOSED', 'The redis store is closed')
    let isReady = this.#client.status === 'ready'
    for (;;) {
      if (isReady) this.#isDown = false
      else await this.#ready()
      try {
        return await call(this.#client)
      } catch (error) {
        // The connection was about to end, which its status did not tell yet.
        if (!isReady || !isUnsent(error)) throw withoutCommand(error)
      }
      isReady = false
    }
  }

  /** Whether a script did what it is there for. A server that was restarted has to be told the script again. */
  async runScript(
    { lua, sha }: Script,
    key: string,
    ...args: (string | Buffer | number)[]
  ): Promise<boolean> {
    const done = await this.run(client =>
      client.evalsha(sha, 1, key, ...args).catch((error: unknown) => {
        if (isNoScript(error)) return client.eval(lua, 1, key, ...args)
        throw error
      }),
    )
    return Number(done) === 1
  }

  close(): Promise<void> {
    this.#closing ??= this.#close?.() ?? Promise.resolve()
    return this.#closing
  }

  /**
   * Until there is a connection. Nothing is sent before, so that nothing is sent for callers that have given up.
   *
   * @throws ERR_BACKEND, ERR_TIMEOUT: nothing was done
   */
  async #ready(): Promise<void> {
    const start = performance.now()
    this.#waiting ??= this.#untilReady()
    await this.#waiting
    if (performance.now() - start >= this.#timeout)
      throw new SessionError('ERR_TIMEOUT', `There was no connection to Redis for ${this.#timeout} ms`)
  }

  /** At first for as long as `timeout`; in an outage that lasts, until the next attempt to connect has failed. */
  #untilReady(): Promise<void> {
    const client = this.#client
    if (client.status === 'wait') client.connect().catch(() => undefined)
    return new Promise((resolve, reject) => {
      const look = () => {
        if (client.status === 'ready') finish(true)
        else if (client.status === 'end' || this.#isDown) finish(false)
      }
      const finish = (isReady: boolean) => {
        clearTimeout(timer)
        for (const event of LIFE_EVENTS) client.off(event, look)
        this.#waiting = undefined
        this.#isDown = !isReady
        if (isReady) resolve()
        else reject(new SessionError('ERR_BACKEND', 'There is no connection to Redis: nothing was done'))
      }
      const timer = setTimeout(finish, this.#timeout, false)
      for (const event of LIFE_EVENTS) client.on(event, look)
      if (client.status === 'end') finish(false)
    })
  }
}

/** What comes in so many milliseconds, or nothing. */
async function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const stop = new AbortController()
  try {
    return await Promise.race([promise, sleep(milliseconds, undefined, { signal: stop.signal })])
  } finally {
    stop.abort()
  }
}
