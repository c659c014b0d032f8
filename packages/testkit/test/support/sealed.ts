import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { SealedStore } from '@sess/core/engine'
import type { Backend } from '@sess/testkit'

/** Nonce 12, tag 16, then the encrypted expiry and data, in base64url. */
export class AesStore implements SealedStore {
  protected readonly key: Uint8Array

  constructor(key: Uint8Array) {
    this.key = key
  }

  seal(data: Uint8Array, expiresAt: number): string {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce)
    const expiry = Buffer.alloc(8)
    expiry.writeDoubleBE(expiresAt)
    const text = Buffer.concat([cipher.update(expiry), cipher.update(data), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')
  }

  open(sealed: string): { data: Uint8Array; expiresAt: number } | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    // Only the one text that stands for these bytes: the last character may have bits to spare.
    if (bytes.length < 36 || bytes.toString('base64url') !== sealed) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12), { authTagLength: 16 })
    decipher.setAuthTag(bytes.subarray(12, 28))
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
      return { data: text.subarray(8), expiresAt: text.readDoubleBE() }
    } catch {
      return undefined
    }
  }
}

/** What the servers of one application share: a secret. */
export function sealedBackend(Store: new (key: Uint8Array) => SealedStore = AesStore): Backend {
  const key = randomBytes(32)
  return { connect: () => new Store(key) }
}
