import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

const hashes: Readonly<Record<string, string>> = {
  'SCRAM-SHA512': 'sha512',
  'SCRAM-SHA256': 'sha256',
  'SCRAM-SHA1': 'sha1',
}

export const MECHANISMS = ['SCRAM-SHA512', 'SCRAM-SHA256', 'SCRAM-SHA1', 'PLAIN'] as const

/** The answer to a step of the login. */
export type SaslAnswer =
  | { readonly kind: 'continue' | 'success'; readonly user: string; readonly data: Buffer }
  | { readonly kind: 'failure' }

const failure: SaslAnswer = { kind: 'failure' }
const ITERATIONS = 16

/** The server's side of a login, by SCRAM (RFC 5802) or PLAIN. */
export class SaslServer {
  readonly #passwordOf: (user: string) => string | undefined
  #scram: { hash: string; user: string; clientFirst: string; serverFirst: string; salt: Buffer } | undefined

  constructor(passwordOf: (user: string) => string | undefined) {
    this.#passwordOf = passwordOf
  }

  start(mechanism: string, data: Buffer): SaslAnswer {
    if (mechanism === 'PLAIN') {
      const [, user = '', password] = data.toString().split('\0')
      const isRight = password !== undefined && password === this.#passwordOf(user)
      return isRight ? { kind: 'success', user, data: Buffer.alloc(0) } : failure
    }
    const hash = hashes[mechanism]
    const first = /^n,,(n=([^,]*),r=([^,]+))$/.exec(data.toString())
    if (hash === undefined || first === null) return failure
    const [, clientFirst = '', name = '', nonce = ''] = first
    const user = name.replaceAll('=2C', ',').replaceAll('=3D', '=')
    const salt = randomBytes(16)
    const serverFirst = `r=${nonce}${randomBytes(12).toString('hex')},s=${salt.toString('base64')},i=${ITERATIONS}`
    this.#scram = { hash, user, clientFirst, serverFirst, salt }
    return { kind: 'continue', user, data: Buffer.from(serverFirst) }
  }

  step(data: Buffer): SaslAnswer {
    const scram = this.#scram
    this.#scram = undefined
    const final = /^(.*),p=([A-Za-z0-9+/=]+)$/.exec(data.toString())
    const password = scram && this.#passwordOf(scram.user)
    if (scram === undefined || final === null || password === undefined) return failure
    const { hash, user, clientFirst, serverFirst, salt } = scram
    const length = createHash(hash).digest().length
    const salted = pbkdf2Sync(password, salt, ITERATIONS, length, hash)
    const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest()
    const authMessage = `${clientFirst},${serverFirst},${final[1]}`
    const clientKey = hmac(salted, 'Client Key')
    const signature = hmac(createHash(hash).update(clientKey).digest(), authMessage)
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)))
    const given = Buffer.from(final[2] as string, 'base64')
    if (given.length !== proof.length || !timingSafeEqual(given, proof)) return failure
    const verifier = hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')
    return { kind: 'success', user, data: Buffer.from(`v=${verifier}`) }
  }
}
