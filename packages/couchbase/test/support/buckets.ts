import { Documents } from './documents.ts'

export interface Collection {
  readonly id: number
  readonly documents: Documents
}

/** A bucket's scopes and collections. It outlives the server that serves it, as a disk does. */
export class Bucket {
  readonly name: string
  readonly #now: () => number
  readonly #scopes = new Map<string, Map<string, Collection>>()
  #lastId = 7
  #lastCas = 0n

  constructor(name: string, now: () => number) {
    this.name = name
    this.#now = now
    this.#add('_default', '_default', 0)
  }

  /** Makes the scope as well. */
  addCollection(scope: string, collection: string): Documents {
    return this.#add(scope, collection, ++this.#lastId)
  }

  /** @returns a status of the protocol's: which of the two is missing */
  find(scope: string, collection: string): Collection | 'no scope' | 'no collection' {
    const collections = this.#scopes.get(scope)
    return collections === undefined ? 'no scope' : (collections.get(collection) ?? 'no collection')
  }

  byId(id: number): Collection | undefined {
    for (const collections of this.#scopes.values())
      for (const collection of collections.values()) if (collection.id === id) return collection
    return undefined
  }

  /** The documents of a collection that has to be there. */
  documents(scope = '_default', collection = '_default'): Documents {
    const found = this.find(scope, collection)
    if (typeof found === 'string') throw new Error(`${scope}.${collection}: ${found}`)
    return found.documents
  }

  #add(scope: string, collection: string, id: number): Documents {
    const documents = new Documents(this.#now, () => this.#nextCas())
    const collections = this.#scopes.get(scope) ?? new Map<string, Collection>()
    this.#scopes.set(scope, collections.set(collection, { id, documents }))
    return documents
  }

  /** A hybrid logical clock: nanoseconds since 1970, and never the same twice. */
  #nextCas(): bigint {
    const clock = (BigInt(Math.floor(this.#now())) * 1_000_000n) & ~0xffffn
    this.#lastCas = clock > this.#lastCas ? clock : this.#lastCas + 1n
    return this.#lastCas
  }
}
