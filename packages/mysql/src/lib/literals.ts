import type { SqlValue } from '@sess/sql'

/**
 * A statement with its values in it, for a proxy that cannot prepare statements. What could need an escape is
 * written in hexadecimal, which means the same in every character set and in every mode of SQL.
 */
export function withLiterals(text: string, values: readonly SqlValue[]): string {
  let position = 0
  // A quoted name may hold a question mark.
  return text.replace(/`(?:[^`]|``)*`|\?/g, found => (found === '?' ? literal(values[position++]) : found))
}

function literal(value: SqlValue | undefined): string {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string')
    return /^[\w-]*$/.test(value) ? `'${value}'` : `CONVERT(${hex(Buffer.from(value))} USING utf8mb4)`
  if (value === undefined) throw new TypeError('A value is missing')
  return hex(value)
}

function hex(bytes: Uint8Array): string {
  return `X'${asBuffer(bytes).toString('hex')}'`
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
