import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { SealedStore, Unsealed } from '@sess/core/engine'

/** AES-256-GCM, the expiry sealed with the data. */
export class AESStore implements SealedStore {
  readonly maxCookies?: number
  readonly #key = randomBytes(32)

  constructor(maxCookies?: number) {
    if (maxCookies !== undefined) this.maxCookies = maxCookies
  }

  seal(data: Uint8Array, expiresAt: number): string {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv)
    const expiry = Buffer.alloc(8)
    expiry.writeDoubleBE(expiresAt)
    const sealed = [iv, cipher.update(expiry), cipher.update(data), cipher.final(), cipher.getAuthTag()]
    return Buffer.concat(sealed).toString('base64url')
  }

  open(sealed: string): Unsealed | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < 36) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    try {
      const opened = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
      return { data: opened.subarray(8), expiresAt: opened.readDoubleBE(0) }
    } catch {
      return undefined
    }
  }
}
