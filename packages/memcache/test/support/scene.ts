import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { REVISION_BYTES, type StoredRecord } from '@sess/core/engine'
import { type MemcacheConfig, MemcacheStore } from '@sess/memcache'
import type { Address } from '@sess/testing'
import type { Client } from 'memjs'
import { onTestFinished } from 'vitest'
import { RawMemcached } from './raw-memcached.ts'

/** As much as a server may take in these tests, and as much as a busy machine may add, in milliseconds. */
export const timeout = 600
export const margin = 1000

export function newId(): string {
  return randomBytes(32).toString('hex')
}

export function newPrefix(): string {
  return `${randomBytes(6).toString('hex')}:`
}

/** Data as core makes it: a fresh revision, then the content. */
export function dataOf(content: string | number): Buffer {
  const bytes = typeof content === 'number' ? randomBytes(content - REVISION_BYTES) : Buffer.from(content)
  return Buffer.concat([randomBytes(REVISION_BYTES), bytes])
}

export function contentOf(found: StoredRecord | undefined): string | undefined {
  return found && Buffer.from(found.data).toString('utf8', REVISION_BYTES)
}

export function urlOf({ host, port }: Address): string {
  return `${host}:${port}`
}

/** The connection to the first server: what memjs does not show. */
export function socketOf(client: Client): Socket {
  return (client.servers[0] as unknown as { _socket: Socket })._socket
}

export function inSeconds(seconds: number): number {
  return Date.now() + seconds * 1000
}

/** A store with a prefix of its own, for one test. */
export async function openStore(server: Address, config: MemcacheConfig = {}): Promise<MemcacheStore> {
  const { client } = config
  const servers = client ? {} : { servers: urlOf(server) }
  const store = await MemcacheStore.open(
    { ...servers, prefix: newPrefix(), ...config },
    { clock: Date, timeout },
  )
  onTestFinished(() => store.close())
  return store
}

export async function rawOf(server: Address): Promise<RawMemcached> {
  const raw = await RawMemcached.connect(server)
  onTestFinished(() => raw.close())
  return raw
}

/** The error of a call that has to fail, and in time. */
export async function errorOf(call: Promise<unknown>): Promise<Error & { code?: string }> {
  const begin = performance.now()
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof Error)) throw new Error('the call did not fail')
  const took = performance.now() - begin
  if (took > timeout + margin) throw new Error(`the call took ${took} ms`, { cause: error })
  return error
}
