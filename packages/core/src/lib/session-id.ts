import { hash, timingSafeEqual } from 'node:crypto'
import { SessionError } from './errors.ts'
import { hmac } from './hmac.ts'
import { randomInto } from './random.ts'
import { copyOf, RecentMap } from './recent-map.ts'

/** Makes the tag of an id: a keyed hash of at least 16 bytes, or the name of one (`sha1`, `sha256`, …). */
export type HashFunction = (data: string, key: string) => Uint8Array

const ID_BYTES = 16
const TAG_BYTES = 16
const TAG_LENGTH = 32
const HEX = /^[0-9a-f]*$/

const expectedTag = Buffer.alloc(TAG_LENGTH)
const givenTag = Buffer.alloc(TAG_LENGTH)

/** 128 random bits, or as many bytes as asked for, in lowercase hex. */
export function randomID(bytes: number = ID_BYTES): string {
  const id = bytes === ID_BYTES ? usualID : Buffer.alloc(bytes)
  randomInto(id, bytes)
  return id.toString('hex')
}

const usualID = Buffer.alloc(ID_BYTES)

/** How ids look. */
export interface IDFormat {
  /** What every id begins with. Default ''. */
  readonly idPrefix?: string
  /** Random bytes of an id. Default 16. */
  readonly idLength?: number
}

/** An id of ours that a visitor has brought. */
export interface KnownID {
  /** Which key made its tag, 0 the current one. */
  readonly key: number
  readonly storageID: string
}

/** Visitors whose ids are remembered: a page is many requests, and three hashes are the dearest part of one. */
const RECENT = 1000

/**
 * Session ids as visitors hold them: a random part, and when there is a key a tag that only the key's owner
 * can make, so that a made-up id is told before anything is looked up.
 */
export class SessionIDs {
  readonly #prefix: string
  readonly #bytes: number
  /** Where the random part ends, in characters. */
  readonly #randomEnd: number
  /** One for each key; `undefined` for no key, whose ids have no tag. */
  #tags: readonly (Tagger | undefined)[] = [undefined]
  #recent = new RecentMap<KnownID>(RECENT)

  constructor({ idPrefix = '', idLength = ID_BYTES }: IDFormat = {}) {
    this.#prefix = idPrefix
    this.#bytes = idLength
    this.#randomEnd = idPrefix.length + idLength * 2
  }

  /**
   * The first key signs, all are accepted. An empty key, or none, is for ids without a tag. @throws ERR_CONFIG
   */
  setHashFunc(hashFunc: string | HashFunction, keys: readonly string[]): void {
    const length = this.#bytes * 2
    const tags = keys.map(key => (key === '' ? undefined : tagger(hashFunc, key, length)))
    // A name is checked even while there is no key to use it with.
    const probe = typeof hashFunc === 'string' ? tagger(hashFunc, 'key', length) : tags.find(tag => tag)
    probe?.('0'.repeat(length))
    this.#tags = tags.length === 0 ? [undefined] : tags
    this.#recent = new RecentMap(RECENT)
  }

  create(): string {
    return this.#sign(randomID(this.#bytes))
  }

  /** The same id with a tag of the current key. */
  renew(sid: string): string {
    return this.#sign(this.#randomOf(sid))
  }

  /** What is known of an id that a visitor brings, `undefined` if it is none of ours. */
  find(sid: string): KnownID | undefined {
    const recent = this.#recent.get(sid)
    if (recent) return recent
    const key = this.check(sid)
    if (key === undefined) return undefined
    const known = { key, storageID: this.storageID(sid) }
    this.#recent.set(copyOf(sid), known)
    return known
  }

  /** Whether the id is one of ours: by which key its tag was made (0 the current one), `undefined` if it is not. */
  check(sid: string): number | undefined {
    if (!this.hasForm(sid)) return undefined
    if (sid.length === this.#randomEnd) {
      const untagged = this.#tags.indexOf(undefined)
      return untagged === -1 ? undefined : untagged
    }
    const random = this.#randomOf(sid)
    givenTag.write(sid.slice(this.#randomEnd), 'latin1')
    for (const [i, tag] of this.#tags.entries()) {
      if (tag === undefined) continue
      expectedTag.write(tag(random), 'latin1')
      if (timingSafeEqual(givenTag, expectedTag)) return i
    }
    return undefined
  }

  /** Whether it looks like an id of ours, with a tag or without. */
  hasForm(sid: string): boolean {
    if (sid.length !== this.#randomEnd && sid.length !== this.#randomEnd + TAG_LENGTH) return false
    return sid.startsWith(this.#prefix) && HEX.test(sid.slice(this.#prefix.length))
  }

  /**
   * What the engine is given in place of the id, so that nobody who reads the backend can act as a visitor. It
   * depends on no key: changing keys orphans nothing.
   */
  storageID(sid: string): string {
    return hash('sha256', this.#randomOf(sid))
  }

  #randomOf(sid: string): string {
    return sid.slice(this.#prefix.length, this.#randomEnd)
  }

  #sign(random: string): string {
    const tag = this.#tags[0]
    return this.#prefix + (tag ? random + tag(random) : random)
  }
}

/** Makes the tag of an id's random part. */
type Tagger = (random: string) => string

function tagger(hashFunc: string | HashFunction, key: string, length: number): Tagger {
  if (typeof hashFunc === 'function') return random => tagOf(hashFunc(random, key))
  try {
    const sign = hmac(hashFunc, key, length)
    checkLength(sign('0'.repeat(length)).length / 2)
    return random => sign(random).slice(0, TAG_LENGTH)
  } catch (cause) {
    if (cause instanceof SessionError) throw cause
    throw new SessionError(
      'ERR_CONFIG',
      `hashFunc '${hashFunc}' is not known to this Node: use e.g. 'sha1' or 'sha256'`,
      { cause },
    )
  }
}

function tagOf(digest: Uint8Array): string {
  checkLength(digest instanceof Uint8Array ? digest.length : 0)
  return Buffer.from(digest.buffer, digest.byteOffset, TAG_BYTES).toString('hex')
}

function checkLength(bytes: number): void {
  if (bytes < TAG_BYTES)
    throw new SessionError('ERR_CONFIG', `hashFunc must give a Uint8Array of at least ${TAG_BYTES} bytes`)
}
