import { MAX_RELATIVE_EXPIRY, MAX_VALUE, Status } from './protocol.ts'

/** What a GET of a locked document gives for its CAS. */
const LOCKED_CAS = 0xffff_ffff_ffff_ffffn
const MAX_LOCK_SECONDS = 30

export interface Document {
  readonly value: Buffer
  readonly flags: number
  readonly datatype: number
  /** Unix time in seconds; 0 for never. */
  readonly expiry: number
  readonly cas: bigint
  /** Milliseconds since 1970 until which it is locked. */
  readonly lockedUntil?: number
}

export interface Write {
  readonly value: Buffer
  readonly flags: number
  readonly datatype: number
  /** As the protocol has it: 0, relative seconds, or a Unix time. */
  readonly expiry: number
  readonly cas: bigint
  readonly preservesExpiry?: boolean
}

/** What an operation gives: its status, and the document as it is now. */
export interface Outcome {
  readonly status: number
  readonly document?: Document
  readonly cas?: bigint
}

const failed = (status: number): Outcome => ({ status })

/** The documents of one collection, under the rules of the key-value engine. */
export class Documents {
  readonly #documents = new Map<string, Document>()
  readonly #now: () => number
  readonly #nextCas: () => bigint
  /** The longest life of a document, in seconds; 0 for no limit. */
  maxTtl = 0

  /** @param now milliseconds since 1970 */
  constructor(now: () => number, nextCas: () => bigint) {
    this.#now = now
    this.#nextCas = nextCas
  }

  get(key: string): Outcome {
    const document = this.#live(key)
    if (document === undefined) return failed(Status.notFound)
    return { status: Status.success, document, cas: this.#isLocked(document) ? LOCKED_CAS : document.cas }
  }

  /** ADD: where nothing is. A CAS makes no sense with it. */
  insert(key: string, write: Write): Outcome {
    if (write.cas !== 0n) return failed(Status.invalid)
    if (write.value.length > MAX_VALUE) return failed(Status.tooBig)
    if (this.#live(key)) return failed(Status.exists)
    return this.#put(key, write, undefined)
  }

  /** REPLACE: only where something is. */
  replace(key: string, write: Write): Outcome {
    return this.#change(key, write, Status.notFound)
  }

  /** SET: with a CAS, as REPLACE. */
  upsert(key: string, write: Write): Outcome {
    return this.#change(key, write, write.cas === 0n ? undefined : Status.notFound)
  }

  remove(key: string, cas: bigint): Outcome {
    const document = this.#live(key)
    if (document === undefined) return failed(Status.notFound)
    const refusal = this.#refusal(document, cas)
    if (refusal !== undefined) return failed(refusal)
    this.#documents.delete(key)
    return { status: Status.success, cas: this.#nextCas() }
  }

  /** TOUCH and GAT: a new expiry, and so a new CAS. */
  touch(key: string, expiry: number): Outcome {
    const document = this.#live(key)
    if (document === undefined) return failed(Status.notFound)
    if (this.#isLocked(document)) return failed(Status.locked)
    const touched = { ...document, expiry: this.#absolute(expiry), cas: this.#nextCas() }
    this.#documents.set(key, touched)
    return { status: Status.success, document: touched, cas: touched.cas }
  }

  lock(key: string, seconds: number): Outcome {
    const document = this.#live(key)
    if (document === undefined) return failed(Status.notFound)
    if (this.#isLocked(document)) return failed(Status.locked)
    const lockedUntil = this.#now() + (Math.min(seconds, MAX_LOCK_SECONDS) || 15) * 1000
    const locked = { ...document, lockedUntil, cas: this.#nextCas() }
    this.#documents.set(key, locked)
    return { status: Status.success, document: locked, cas: locked.cas }
  }

  unlock(key: string, cas: bigint): Outcome {
    const document = this.#live(key)
    if (document === undefined) return failed(Status.notFound)
    if (!this.#isLocked(document)) return failed(Status.temporaryFailure)
    if (document.cas !== cas) return failed(Status.locked)
    const { lockedUntil: _, ...unlocked } = document
    this.#documents.set(key, unlocked)
    return { status: Status.success }
  }

  /** All that has not expired. */
  *entries(): Generator<[string, Document]> {
    for (const key of [...this.#documents.keys()]) {
      const document = this.#live(key)
      if (document) yield [key, document]
    }
  }

  /** Changes a value behind everybody's back, CAS and all. Not part of the protocol. */
  tamper(key: string, change: (value: Buffer) => Uint8Array): void {
    const document = this.#live(key)
    if (document) this.#documents.set(key, { ...document, value: Buffer.from(change(document.value)) })
  }

  #change(key: string, write: Write, whenMissing: number | undefined): Outcome {
    if (write.value.length > MAX_VALUE) return failed(Status.tooBig)
    const document = this.#live(key)
    if (document === undefined)
      return whenMissing === undefined ? this.#put(key, write, undefined) : failed(whenMissing)
    const refusal = this.#refusal(document, write.cas)
    if (refusal !== undefined) return failed(refusal)
    return this.#put(key, write, document)
  }

  /** A lock is opened by its CAS only; without one, a CAS that is given has to be the document's. */
  #refusal(document: Document, cas: bigint): number | undefined {
    if (this.#isLocked(document)) return cas === document.cas ? undefined : Status.locked
    return cas === 0n || cas === document.cas ? undefined : Status.exists
  }

  #put(key: string, write: Write, previous: Document | undefined): Outcome {
    const { value, flags, datatype } = write
    const expiry = write.preservesExpiry && previous ? previous.expiry : this.#absolute(write.expiry)
    const document = { value: Buffer.from(value), flags, datatype, expiry, cas: this.#nextCas() }
    this.#documents.set(key, document)
    return { status: Status.success, document, cas: document.cas }
  }

  #live(key: string): Document | undefined {
    const document = this.#documents.get(key)
    if (document === undefined) return undefined
    if (document.expiry === 0 || document.expiry * 1000 > this.#now()) return document
    this.#documents.delete(key)
    return undefined
  }

  #isLocked(document: Document): boolean {
    return (document.lockedUntil ?? 0) > this.#now()
  }

  #absolute(expiry: number): number {
    const now = Math.floor(this.#now() / 1000)
    const asked = expiry > 0 && expiry <= MAX_RELATIVE_EXPIRY ? now + expiry : expiry
    if (this.maxTtl === 0) return asked
    return asked === 0 ? now + this.maxTtl : Math.min(asked, now + this.maxTtl)
  }
}
