import {
  type Awaitable,
  MemoryStore,
  type RecordStore,
  type StoredRecord,
  type Token,
} from '@sess/core/engine'

export type Method = 'create' | 'load' | 'update' | 'extend' | 'delete' | 'count' | 'sweep'

export interface Call {
  method: Method
  id: string
}

/** The memory store, with every call counted, and slowed or failed as the test likes. */
export class ProbeStore implements RecordStore {
  readonly calls: Call[] = []
  /** Runs before each call reaches the store. */
  before: (call: Call) => unknown = () => undefined
  readonly #inner: MemoryStore

  constructor(clock: { now(): number } = Date) {
    this.#inner = new MemoryStore({ clock })
  }

  /** The methods called since `forget`. */
  get methods(): Method[] {
    return this.calls.map(({ method }) => method)
  }

  forget(): void {
    this.calls.length = 0
  }

  create(id: string, data: Uint8Array, expiresAt: number): Awaitable<Token | undefined> {
    return this.#call('create', id, () => this.#inner.create(id, data, expiresAt))
  }

  load(id: string): Awaitable<StoredRecord | undefined> {
    return this.#call('load', id, () => this.#inner.load(id))
  }

  update(id: string, data: Uint8Array, expiresAt: number, token: Token): Awaitable<Token | undefined> {
    return this.#call('update', id, () => this.#inner.update(id, data, expiresAt, token))
  }

  extend(id: string, expiresAt: number, token: Token): Awaitable<Token | undefined> {
    return this.#call('extend', id, () => this.#inner.extend(id, expiresAt, token))
  }

  delete(id: string, token?: Token): Awaitable<boolean> {
    return this.#call('delete', id, () => this.#inner.delete(id, token))
  }

  count(now: number): Promise<number> {
    return this.#call('count', '', () => this.#inner.count(now))
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.#call('sweep', '', () => this.#inner.sweep(now, limit))
  }

  async #call<T>(method: Method, id: string, run: () => Awaitable<T>): Promise<T> {
    const call = { method, id }
    this.calls.push(call)
    await this.before(call)
    return run()
  }
}

export const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** A door that stays shut until it is opened. */
export function door(): { opened: Promise<void>; open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}
