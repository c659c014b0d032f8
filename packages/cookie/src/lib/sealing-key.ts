import { hkdfSync } from 'node:crypto'
import { XAES, XAES_BYTES } from './xaes.ts'

/** The first byte of a seal: how the rest is made. */
const VERSION = 1
const ID_BYTES = 4
const HEADER_BYTES = 1 + ID_BYTES

/** By how much a seal is longer than what was sealed. */
const SEAL_BYTES: number = HEADER_BYTES + XAES_BYTES

/** What is made of one secret for one cookie: a key to seal with, and the id that tells which key a seal is of. */
export class SealingKey {
  readonly id: number
  readonly #header: Buffer
  readonly #boundTo: Buffer
  readonly #aead: XAES

  constructor(secret: string, cookieName: string) {
    this.#header = Buffer.from([VERSION, ...derive(secret, 'key id', ID_BYTES)])
    this.id = this.#header.readUInt32BE(1)
    // The header has a fixed length, so header and name together are unambiguous.
    this.#boundTo = Buffer.concat([this.#header, Buffer.from(cookieName)])
    this.#aead = new XAES(derive(secret, 'XAES-256-GCM key', 32))
  }

  /** Which key a seal is of; `undefined` for what is no seal of this version. */
  static idOf(sealed: Buffer): number | undefined {
    return sealed.length >= SEAL_BYTES && sealed[0] === VERSION ? sealed.readUInt32BE(1) : undefined
  }

  seal(text: Uint8Array): Buffer {
    return Buffer.concat([this.#header, ...this.#aead.seal(text, this.#boundTo)])
  }

  open(sealed: Buffer): Buffer | undefined {
    return this.#aead.open(sealed.subarray(HEADER_BYTES), this.#boundTo)
  }
}

function derive(secret: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `@sess/cookie v${VERSION}: ${purpose}`, bytes))
}
