import { createHmac, randomBytes } from 'node:crypto'
import type { SealedStore } from '@sess/core/engine'
import { AesStore, sealedBackend } from '../support/sealed.ts'
import { type Broken, repeatable } from './broken.ts'

/** Signed, but not encrypted. */
class SignsOnly extends AesStore {
  override seal(data: Uint8Array, expiresAt: number): string {
    const text = Buffer.concat([Buffer.from(`${expiresAt}:`), data]).toString('base64url')
    return `${randomBytes(8).toString('hex')}.${text}.${this.#sign(text)}`
  }

  override open(sealed: string): { data: Uint8Array; expiresAt: number } | undefined {
    const [nonce = '', text = '', tag, more] = sealed.split('.')
    const bytes = Buffer.from(text, 'base64url')
    if (!/^[0-9a-f]{16}$/.test(nonce) || tag !== this.#sign(text) || more !== undefined) return undefined
    const colon = bytes.indexOf(':')
    return { data: bytes.subarray(colon + 1), expiresAt: Number(bytes.toString('latin1', 0, colon)) }
  }

  #sign(text: string): string {
    return createHmac('sha256', this.key).update(text).digest('base64url')
  }
}

/** Encrypted, but whoever changes a character changes the session. */
class DoesNotAuthenticate extends AesStore {
  override open(sealed: string): { data: Uint8Array; expiresAt: number } | undefined {
    const opened = super.open(sealed)
    if (opened || sealed.length < 60) return opened
    return { data: new Uint8Array(40), expiresAt: Number.MAX_SAFE_INTEGER }
  }
}

class ThrowsAtForgeries extends AesStore {
  override open(sealed: string): { data: Uint8Array; expiresAt: number } {
    const opened = super.open(sealed)
    if (!opened) throw new Error('Unsupported state or unable to authenticate data')
    return opened
  }
}

class SealsAlwaysTheSame extends AesStore {
  readonly #sealed = new Map<string, string>()

  override seal(data: Uint8Array, expiresAt: number): string {
    const key = `${expiresAt} ${Buffer.from(data).toString('hex')}`
    const sealed = this.#sealed.get(key) ?? super.seal(data, expiresAt)
    this.#sealed.set(key, sealed)
    return sealed
  }
}

class ForgetsTheExpiry extends AesStore {
  override seal(data: Uint8Array): string {
    return super.seal(data, Number.MAX_SAFE_INTEGER)
  }
}

class MakesJson extends AesStore {
  override seal(data: Uint8Array, expiresAt: number): string {
    return `{"sealed": "${super.seal(data, expiresAt)}"}`
  }

  override open(sealed: string): { data: Uint8Array; expiresAt: number } | undefined {
    const [, text] = /^\{"sealed": "(.*)"\}$/.exec(sealed) ?? []
    return text === undefined ? undefined : super.open(text)
  }
}

class HasAKeyOfItsOwn extends AesStore {
  constructor() {
    super(randomBytes(32))
  }
}

class HasNoSecret extends AesStore {
  constructor() {
    super(new Uint8Array(32))
  }
}

function brokenSeal(
  name: string,
  Store: new (key: Uint8Array) => SealedStore,
  fails: readonly string[],
): Broken {
  return { subject: { name, ...repeatable, create: () => sealedBackend(Store) }, fails }
}

/** Sealed stores that are right but for one thing. */
export const seals = [
  brokenSeal('a seal can be read', SignsOnly, ['seal / hides the data']),
  brokenSeal('a seal can be changed', DoesNotAuthenticate, [
    'seal / opens nothing that was changed',
    'seal / opens nothing that it did not make',
  ]),
  brokenSeal('a forged seal is an exception', ThrowsAtForgeries, [
    'seal / opens nothing that was changed',
    'seal / opens nothing that it did not make',
    'isolation / shares nothing with another backend',
  ]),
  brokenSeal('equal data has equal seals', SealsAlwaysTheSame, ['seal / never seals twice to the same text']),
  brokenSeal('a seal has no expiry', ForgetsTheExpiry, [
    'expiry / gives a session the lifetime that it asks for',
    'expiry / ends at the absolute lifetime, however much it is used',
    'expiry / is not undone by a request that was under way',
    'seal / opens what it sealed, on every server',
    'budget / extends a session that is only read once per tenth of its lifetime',
  ]),
  brokenSeal('a seal does not fit into a cookie', MakesJson, ['seal / makes text that a cookie can hold']),
  brokenSeal('every server has a key of its own', HasAKeyOfItsOwn, [
    'faults / gives every save of one session its error in its own time',
    'load / shows every server what one of them saved',
    'seal / opens what it sealed, on every server',
    'regenerate / keeps the data, pending changes included, under a new id',
    'faults / gives a typed error and keeps what was stored when a save fails',
    'faults / gives ERR_TIMEOUT in time when the backend does not answer',
    'close / leaves the sessions to the other servers',
    'types / *',
  ]),
  brokenSeal('every application has the same key', HasNoSecret, [
    'isolation / shares nothing with another backend',
  ]),
]
