import { type Cipher, createCipheriv, createDecipheriv } from 'node:crypto'
import { randomInto } from '@sess/core/engine'

const BLOCK_BYTES = 16
/** Half of it chooses the key of the message, half is the nonce of AES-256-GCM. */
const NONCE_BYTES = 24
const TAG_BYTES = 16

/** By how much a sealed text is longer than what was sealed. */
export const XAES_BYTES: number = NONCE_BYTES + TAG_BYTES

/**
 * XAES-256-GCM (https://c2sp.org/XAES-256-GCM): AES-256-GCM under a key that is derived for each message from
 * the first half of a nonce of 24 bytes. Such nonces may be random for any number of messages; the 12 bytes of
 * AES-GCM itself may not be for more than 2^32 under one key.
 */
export class XAES {
  readonly #aes: Cipher
  /** The two messages whose CMACs are the key, without the nonce, and already masked with the CMAC's subkey. */
  readonly #mask: Buffer

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    this.#aes = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    const subkey = cmacSubkey(this.#aes)
    this.#mask = Buffer.concat([subkey, subkey])
    for (const [at, counter] of [0, BLOCK_BYTES].entries()) {
      // Two bytes of a counter from 1, the label 'X', a zero.
      this.#mask[counter + 1] = (this.#mask[counter + 1] as number) ^ (at + 1)
      this.#mask[counter + 2] = (this.#mask[counter + 2] as number) ^ 0x58
    }
  }

  /** The nonce, the encrypted text, and the tag. */
  seal(text: Uint8Array, aad: Uint8Array, nonce: Buffer = newNonce()): Buffer[] {
    const cipher = createCipheriv('aes-256-gcm', this.#keyFor(nonce), nonce.subarray(12), {
      authTagLength: TAG_BYTES,
    }).setAAD(aad)
    const encrypted = cipher.update(text)
    cipher.final()
    return [nonce, encrypted, cipher.getAuthTag()]
  }

  /** What was sealed with the same `aad`, or `undefined` if the seal is not one of this key. */
  open(sealed: Buffer, aad: Uint8Array): Buffer | undefined {
    const nonce = sealed.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', this.#keyFor(nonce), nonce.subarray(12), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(aad)
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
    try {
      decipher.final()
    } catch {
      return undefined
    }
    return text
  }

  #keyFor(nonce: Buffer): Buffer {
    const blocks = Buffer.from(this.#mask)
    for (let i = 0; i < 12; i++)
      for (const at of [4 + i, BLOCK_BYTES + 4 + i])
        blocks[at] = (blocks[at] as number) ^ (nonce[i] as number)
    return this.#aes.update(blocks)
  }
}

function newNonce(): Buffer {
  const nonce = Buffer.allocUnsafe(NONCE_BYTES)
  randomInto(nonce, NONCE_BYTES)
  return nonce
}

/** K1 of NIST SP 800-38B: an encrypted block of zeros, doubled in GF(2^128). */
function cmacSubkey(aes: Cipher): Buffer {
  const block = aes.update(Buffer.alloc(BLOCK_BYTES))
  const value = BigInt(`0x${block.toString('hex')}`)
  const doubled = BigInt.asUintN(128, value << 1n) ^ (value >> 127n === 1n ? 0x87n : 0n)
  return Buffer.from(doubled.toString(16).padStart(2 * BLOCK_BYTES, '0'), 'hex')
}
