import type { SessionStore } from '@sess/core'
import { decodeValue, encodeValue } from '@sess/core/engine'

/** The values of a session, each as text. */
export type Texts = ReadonlyMap<string, string>

/** A session in a store for express-session, as one reader sees it. */
export class ExpressStoreSession implements SessionStore {
  readonly #sid: string
  readonly #save: (texts: Texts) => Promise<void>
  /** What is stored; `undefined` if nothing is. */
  #stored: Texts | undefined
  readonly #texts: Map<string, string>
  /** Objects that were handed out or in: they may be changed in place. */
  readonly #objects = new Map<string, object>()

  constructor(sid: string, stored: Texts | undefined, save: (texts: Texts) => Promise<void>) {
    this.#sid = sid
    this.#stored = stored
    this.#save = save
    this.#texts = new Map(stored)
  }

  sessionID(): string {
    return this.#sid
  }

  get(key: string): unknown {
    const object = this.#objects.get(key)
    if (object) return object
    const text = this.#texts.get(key)
    if (text === undefined) return undefined
    const value = decodeValue(text, key)
    if (typeof value === 'object' && value !== null) this.#objects.set(key, value)
    return value
  }

  set(key: string, value: unknown): void {
    this.#texts.set(key, encodeValue(value, key))
    if (typeof value === 'object' && value !== null) this.#objects.set(key, value)
    else this.#objects.delete(key)
  }

  delete(key: string): void {
    this.#texts.delete(key)
    this.#objects.delete(key)
  }

  flush(): void {
    this.#texts.clear()
    this.#objects.clear()
  }

  async sessionRelease(): Promise<void> {
    for (const [key, value] of this.#objects) this.#texts.set(key, encodeValue(value, key))
    const texts = new Map(this.#texts)
    if (isSame(texts, this.#stored ?? new Map())) return
    await this.#save(texts)
    this.#stored = texts
  }
}

function isSame(one: Texts, other: Texts): boolean {
  return one.size === other.size && [...one].every(([key, text]) => other.get(key) === text)
}
