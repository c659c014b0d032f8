import { TOMBSTONE_BYTES } from '@sess/core/engine'
import type { Transcoder } from './client.ts'

/**
 * A session as it is stored: JSON, as everything else in a Couchbase bucket, so that the query and index services,
 * the web console and Eventing can see which sessions there are and when they end.
 */
export interface SessionDocument {
  readonly data: Buffer
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The common flags by which every SDK knows JSON. */
const JSON_FLAGS = 0x02000000
const MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
/** Everything of a document but its data, with room for the largest expiry. */
const ENVELOPE_BYTES = 128

/** The largest data that fits a document, in Base64: 4 bytes for 3. */
export const MAX_BYTES: number = Math.floor((MAX_DOCUMENT_BYTES - ENVELOPE_BYTES) / 4) * 3

export function encodeDocument(data: Uint8Array, expiresAt: number): Buffer {
  const type = data.length > TOMBSTONE_BYTES ? 'session' : 'retired'
  const base64 = Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')
  return Buffer.from(`{"type":"${type}","expiresAt":${expiresAt},"data":"${base64}"}`, 'latin1')
}

/** `undefined` for what is no document of this engine, or a damaged one. */
export function decodeDocument(bytes: unknown): SessionDocument | undefined {
  if (!Buffer.isBuffer(bytes)) return undefined
  let document: unknown
  try {
    document = JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
  const { type, expiresAt, data } = (document ?? {}) as Record<string, unknown>
  if (type !== 'session' && type !== 'retired') return undefined
  if (typeof expiresAt !== 'number' || !Number.isFinite(expiresAt) || typeof data !== 'string')
    return undefined
  return { data: Buffer.from(data, 'base64'), expiresAt }
}

/** Hands bytes through as they are, marked as JSON: a damaged document is no exception of the SDK's. */
export const transcoder: Transcoder = {
  encode: (bytes: Buffer) => [bytes, JSON_FLAGS],
  decode: bytes => bytes,
}
