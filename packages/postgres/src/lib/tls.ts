import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { configError, isPlainObject } from '@sess/core/engine'
import type { Parameters } from './connection-string.ts'
import { ENGINE } from './dialect.ts'

/** How to connect, as `pg` takes it: TLS with these options, or without TLS. */
export type Tls = ConnectionOptions | boolean

/** Those of libpq, and one of `pg`. */
const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const

/** Encrypted, but with whomever. */
const unverified: ConnectionOptions = { rejectUnauthorized: false }

/** With somebody who has a certificate of a CA that is trusted, of whatever name. */
const anyName: ConnectionOptions = { checkServerIdentity: () => undefined }

/**
 * How to connect under an `sslmode`, as libpq and lib/pq understand it: what to try first, and what if the server
 * will not have it. `pg` itself takes `prefer`, `require` and `verify-ca` for `verify-full`.
 *
 * @param ssl what the user gives to `pg` itself; goes over what the parameters say
 * @throws ERR_CONFIG
 */
export function tlsOf(parameters: Parameters, ssl: Tls | undefined): [Tls, ...Tls[]] {
  const { sslmode } = parameters
  if (ssl !== undefined && sslmode === undefined) return [ssl]
  if (ssl !== undefined && (ssl !== false) === (sslmode === 'disable'))
    throw configError(ENGINE, ": 'ssl' and sslmode contradict each other: leave out one of them")
  const own = { ...certificates(parameters), ...(typeof ssl === 'object' && ssl) }
  switch (modeOf(parameters)) {
    case 'disable':
      return [false]
    case 'allow':
      return [false, { ...unverified, ...own }]
    case 'prefer':
      return [{ ...unverified, ...own }, false]
    case 'require':
      // So that it is not less than what it was with root certificates in the file of that name.
      return [own.ca === undefined ? { ...unverified, ...own } : { ...anyName, ...own }]
    case 'no-verify':
      return [{ ...unverified, ...own }]
    case 'verify-ca':
      return [{ ...anyName, ...own }]
    case 'verify-full':
      return [own]
  }
}

/** The `sslmode` that parameters mean, if they say anything of it: in the words of libpq, of `pg`, or of Prisma. */
export function sslmodeOf({ sslmode, sslaccept, ssl }: Parameters): string | undefined {
  if (sslmode !== undefined) return sslmode
  if (sslaccept === 'strict') return 'verify-full'
  if (sslaccept === 'accept_invalid_certs') return 'no-verify'
  if (sslaccept !== undefined)
    throw configError(ENGINE, ': sslaccept must be strict or accept_invalid_certs; better write sslmode')
  if (isOn(ssl)) return 'verify-full'
  return isOff(ssl) ? 'disable' : ssl
}

/**
 * The option `ssl` of `pg`, which takes two of its values as text, too.
 *
 * @throws ERR_CONFIG
 */
export function readSsl(ssl: unknown): Tls | undefined {
  if (ssl === 'no-verify') return unverified
  if (ssl === 'true' || ssl === 'false') return ssl === 'true'
  if (ssl === undefined || typeof ssl === 'boolean' || isPlainObject(ssl)) return ssl
  throw configError(ENGINE, ": 'ssl' must be true, false or options of TLS, e.g. { ssl: { ca } }")
}

function modeOf({ sslmode, sslrootcert }: Parameters): (typeof modes)[number] {
  const mode = modes.find(each => each === (sslmode ?? (sslrootcert === 'system' ? 'verify-full' : 'prefer')))
  if (mode === undefined)
    throw configError(ENGINE, `: sslmode must be one of ${modes.join(', ')}, e.g. sslmode=verify-full`)
  // Of the authorities that everybody trusts anybody gets a certificate, of some name.
  if (sslrootcert === 'system' && mode !== 'verify-full')
    throw configError(ENGINE, ': sslrootcert=system needs sslmode=verify-full')
  return mode
}

function certificates(parameters: Parameters): ConnectionOptions {
  const { sslrootcert, sslcert, sslkey, sslinline } = parameters
  if ((sslcert === undefined) !== (sslkey === undefined))
    throw configError(ENGINE, ': sslcert and sslkey go together, e.g. sslcert=client.crt sslkey=client.key')
  const read = (field: string, value: string) => (isOn(sslinline) ? value : readPem(field, value))
  return {
    ...(sslrootcert !== undefined && sslrootcert !== 'system' && { ca: read('sslrootcert', sslrootcert) }),
    ...(sslcert !== undefined && { cert: read('sslcert', sslcert) }),
    ...(sslkey !== undefined && { key: read('sslkey', sslkey) }),
  }
}

function readPem(field: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw configError(ENGINE, `: the file of ${field} cannot be read: ${path}`, cause)
  }
}

/** What Go and libpq take for true. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && ['1', 't', 'true', 'yes', 'on'].includes(value.toLowerCase())
}

function isOff(value: string | undefined): boolean {
  return value !== undefined && ['0', 'f', 'false', 'no', 'off'].includes(value.toLowerCase())
}
