import { configError, type SessionError } from '@sess/core/engine'

const MIN_BYTES = 32
const MIN_DISTINCT_CHARACTERS = 8
const remedy = 'Make one with: openssl rand -base64 32'

/**
 * Refuses what can be guessed: whoever has a cookie can try secrets on it, as fast as they like.
 *
 * @param name what the error calls it: the error never shows the secret
 * @throws ERR_CONFIG
 */
export function checkSecret(secret: unknown, name: string): asserts secret is string {
  if (typeof secret !== 'string' || secret === '')
    throw wrong(`: ${name} is missing, e.g. { secrets: [process.env.SESSION_SECRET] }. ${remedy}`)
  const bytes = Buffer.byteLength(secret)
  if (bytes < MIN_BYTES)
    throw wrong(`: ${name} has ${bytes} bytes and needs at least ${MIN_BYTES}. ${remedy}`)
  if (new Set(secret).size < MIN_DISTINCT_CHARACTERS)
    throw wrong(`: ${name} has too few different characters to be random. ${remedy}`)
}

/** An error in `providerConfig`, which `problem` goes on to describe. */
export function wrong(problem: string, cause?: unknown): SessionError {
  return configError('cookie', problem, cause)
}

/** The name of a field, unless it may be a part of a text whose quotes are wrong. */
export function shown(field: string): string {
  return /^\w{1,40}$/.test(field) ? ` '${field}'` : ''
}
