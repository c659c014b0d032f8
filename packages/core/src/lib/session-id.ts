import { hash, timingSafeEqual } from 'node:crypto'
import { SessionError } from './errors.ts'
import { hmac } from './hmac.ts'
import { randomInto } from './random.ts'

/** Makes the tag of an id: a keyed hash of at least 16 bytes, or the name of one (`sha1`, `sha256`, …). */
export type HashFunction = (data: string, key: string) => Uint8Array

const ID_BYTES = 16
const ID_LENGTH = 32
const TAG_BYTES = 16
const HEX = /^(?:[0-9a-f]{32}){1,2}$/

const id = Buffer.alloc(ID_BYTES)
const expectedTag = Buffer.alloc(TAG_BYTES * 2)
const givenTag = Buffer.alloc(TAG_BYTES * 2)

/** 128 random bits, as 32 lowercase hex characters. */
export function randomID(): string {
  randomInto(id, ID_BYTES)
  return id.toString('hex')
}

/**
 * Session ids as visitors hold them: a random part, and when there is a key a tag that only the key's owner
 * can make, so that a made-up id is told before anything is looked up.
 */
export class SessionIDs {
  #tags: ((random: string) => string)[] = []

  /** The first key signs, all are accepted; no key, no tags. @throws ERR_CONFIG */
  setHashFunc(hashFunc: string | HashFunction, keys: readonly string[]): void {
    const tags = keys.map(key => tagger(hashFunc, key))
    // A name is checked even while there is no key to use it with.
    const probe = typeof hashFunc === 'string' ? tagger(hashFunc, 'key') : tags[0]
    probe?.('0'.repeat(ID_LENGTH))
    this.#tags = tags
  }

  create(): string {
    return this.#sign(randomID())
  }

  /** The same id with a tag of the current key. */
  renew(sid: string): string {
    return this.#sign(sid.slice(0, ID_LENGTH))
  }

  /** Whether the id is one of ours: by which key its tag was made (0 the current one), `undefined` if it is not. */
  check(sid: string): number | undefined {
    if (!HEX.test(sid)) return undefined
    if (this.#tags.length === 0) return sid.length === ID_LENGTH ? 0 : undefined
    if (sid.length === ID_LENGTH) return undefined
    const random = sid.slice(0, ID_LENGTH)
    givenTag.write(sid.slice(ID_LENGTH), 'latin1')
    for (let i = 0; i < this.#tags.length; i++) {
      expectedTag.write((this.#tags[i] as (random: string) => string)(random), 'latin1')
      if (timingSafeEqual(givenTag, expectedTag)) return i
    }
    return undefined
  }

  /**
   * What the engine is given in place of the id, so that nobody who reads the backend can act as a visitor. It
   * depends on no key: changing keys orphans nothing.
   */
  storageID(sid: string): string {
    return hash('sha256', sid.slice(0, ID_LENGTH))
  }

  #sign(random: string): string {
    const tag = this.#tags[0]
    return tag ? random + tag(random) : random
  }
}

function tagger(hashFunc: string | HashFunction, key: string): (random: string) => string {
  if (typeof hashFunc === 'function') return random => tagOf(hashFunc(random, key))
  try {
    const sign = hmac(hashFunc, key, ID_LENGTH)
    checkLength(sign('0'.repeat(ID_LENGTH)).length / 2)
    return random => sign(random).slice(0, TAG_BYTES * 2)
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
