import type { KeyOf } from './session-store.ts'

/** The data of a session that was given up for another one: it can be read, by those who still have it. */
export class Remains<Data extends object> {
  readonly #data: ReadonlyMap<string, unknown>
  readonly isNew = true

  constructor(data: ReadonlyMap<string, unknown>) {
    this.#data = data
  }

  get<K extends KeyOf<Data>>(key: K): Data[K] | undefined {
    return this.#data.get(key) as Data[K] | undefined
  }

  has(key: KeyOf<Data>): boolean {
    return this.#data.has(key)
  }

  keys(): KeyOf<Data>[] {
    return [...this.#data.keys()] as KeyOf<Data>[]
  }

  entries(): [KeyOf<Data>, Data[KeyOf<Data>]][] {
    return [...this.#data] as [KeyOf<Data>, Data[KeyOf<Data>]][]
  }
}
