import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from '@sess/core/engine'
import type { CouchbaseCollection } from './client.ts'
import type { Settings } from './couchbase-config.ts'
import { checkCollection, checkWriting, connectLink, isAlive, type Link } from './link.ts'
import { loadSdk } from './sdk.ts'

/** After a new cluster that was no better, in milliseconds. */
const PAUSE = 10_000

/**
 * The way to the collection: one cluster, connected once.
 *
 * The SDK comes back by itself from a server that was restarted. But a connection that has died in silence (a
 * firewall that forgot it, a host without power) it uses until the operating system gives it up, which takes a quarter
 * of an hour. So when an answer is missing, the connection is asked for another one, and if that is missing too, a
 * cluster that answers takes its place.
 */
export class Connection {
  readonly #settings: Settings
  readonly #timeout: number
  readonly #retired = new Map<Link, NodeJS.Timeout>()
  #link: Link
  #isChecking = false
  #nextCheck = 0
  #isClosed = false

  private constructor(settings: Settings, timeout: number, link: Link) {
    this.#settings = settings
    this.#timeout = timeout
    this.#link = link
  }

  /** @throws ERR_CONFIG, ERR_BACKEND */
  static async open(settings: Settings, timeout: number): Promise<Connection> {
    if (!('client' in settings.source)) await loadSdk()
    const end = performance.now() + timeout
    const link = await connectLink(settings, timeout)
    try {
      const key = `${settings.prefix}?`
      await checkCollection(link.collection, key, end)
      await checkWriting(link.collection, key, end)
    } catch (error) {
      await link.close()
      throw error
    }
    return new Connection(settings, timeout, link)
  }

  get collection(): CouchbaseCollection {
    return this.#link.collection
  }

  /** An operation on that key has had no answer in time. */
  missed(key: string): void {
    const isIdle = !this.#isChecking && performance.now() >= this.#nextCheck
    if ('client' in this.#settings.source || !isIdle || this.#isClosed) return
    this.#isChecking = true
    this.#replaceIfDead(key)
      // Whatever it was, the next answer that is missing starts this again.
      .catch(() => {})
      .finally(() => {
        this.#isChecking = false
      })
  }

  /** Closes what {@link open} connected. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const timer of this.#retired.values()) clearTimeout(timer)
    await Promise.all([this.#link, ...this.#retired.keys()].map(link => link.close()))
  }

  async #replaceIfDead(key: string): Promise<void> {
    const old = this.#link
    // The SDK goes after what it knows to be lost.
    if (!(await old.isConnected()) || (await isAlive(old.collection, key)) || this.#isClosed) return
    this.#nextCheck = performance.now() + PAUSE
    const fresh = await connectLink(this.#settings, this.#timeout)
    // A node that is down answers nobody; then the old cluster, whose other nodes may work, is as good as the new.
    if (!(await isAlive(fresh.collection, key)) || this.#isClosed) {
      await fresh.close()
      return
    }
    this.#link = fresh
    this.#nextCheck = 0
    // What is under way on other nodes may end.
    const retire = () => {
      this.#retired.delete(old)
      old.close().catch(() => {})
    }
    this.#retired.set(old, setTimeout(retire, this.#timeout).unref())
  }
}
