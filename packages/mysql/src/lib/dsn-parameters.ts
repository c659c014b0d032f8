import { configError } from '@sess/core/engine'
import mysql2, { type PoolOptions } from 'mysql2'
import { foreignParameters } from './foreign-parameters.ts'
import { parseGoDuration } from './go-duration.ts'

/** What the parameters of a DSN say. */
export interface DsnParameters {
  readonly options: PoolOptions
  /** `interpolateParams`: no prepared statements. */
  readonly prepared?: boolean
  /** `readTimeout` and `writeTimeout`: the most that a call may take, in milliseconds. */
  readonly callLimit?: number
  /** System variables, set on every connection. */
  readonly variables: readonly string[]
  /** Go on without TLS if the server has none. */
  readonly mayBePlain: boolean
}

/** What parameters have said so far. */
export interface Draft {
  options: PoolOptions
  prepared?: boolean
  callLimit?: number
  variables: Map<string, string>
  mayBePlain: boolean
  charsets: string[]
}

/** Reads one parameter. */
export type Reader = (value: string, draft: Draft, name: string) => void

const harmless: Reader = (value, _, name) => void readBool(name, value)
const harmlessDuration: Reader = (value, _, name) => void readDuration(name, value)
const callLimit: Reader = (value, draft, name) => {
  const limit = readDuration(name, value)
  if (limit > 0) draft.callLimit = Math.min(limit, draft.callLimit ?? limit)
}
/** A parameter that may only have one value, the driver having no other way. */
const only =
  (allowed: boolean, reason: string): Reader =>
  (value, _, name) => {
    if (readBool(name, value) !== allowed) throw wrong(`: '${name}=${value}' ${reason}`)
  }

/* The parameters of go-sql-driver. What is about Go's own types, or about what no session needs, does no harm. */
const readers: Record<string, Reader> = {
  allowAllFiles: harmless,
  allowCleartextPasswords: (value, { options }, name) => {
    options.enableCleartextPlugin = readBool(name, value)
  },
  allowFallbackToPlaintext: (value, draft, name) => {
    draft.mayBePlain ||= readBool(name, value)
  },
  allowNativePasswords: only(true, 'cannot be had: mysql2 always offers the native method'),
  allowOldPasswords: only(false, 'cannot be had: passwords of MySQL 4.0 are not supported'),
  charset: (value, draft) => {
    draft.charsets = value.split(',')
  },
  checkConnLiveness: harmless,
  // What an update changes never matters here, only what it finds; the driver is always told so.
  clientFoundRows: harmless,
  collation: (value, { options }) => {
    options.charset = knownCharset('collation', [value])
  },
  columnsWithAlias: harmless,
  compress: (value, { options }, name) => {
    options.compress = readBool(name, value)
  },
  connectionAttributes: (value, { options }, name) => {
    const pairs = unescaped(name, value).split(',')
    options.connectAttributes = Object.fromEntries(pairs.map(pair => pair.split(/:(.*)/s).slice(0, 2)))
  },
  interpolateParams: (value, draft, name) => {
    draft.prepared = !readBool(name, value)
  },
  loc: () => undefined,
  maxAllowedPacket: () => undefined,
  multiStatements: harmless,
  parseTime: harmless,
  readTimeout: callLimit,
  // A connection whose server has become read-only is given up in any case.
  rejectReadOnly: harmless,
  serverPubKey: () => {
    throw wrong(
      `: 'serverPubKey' names a key that a Go program registered; the driver asks the server for its key`,
    )
  },
  strict: () => {
    throw wrong(`: 'strict' is no parameter any more; write sql_mode=%27TRADITIONAL%27`)
  },
  timeout: (value, { options }, name) => {
    const timeout = readDuration(name, value)
    if (timeout > 0) options.connectTimeout = timeout
  },
  timeTruncate: harmlessDuration,
  tinyInt1IsBool: harmless,
  tls: readTls,
  writeTimeout: callLimit,
}

export function newDraft(): Draft {
  return { options: {}, variables: new Map(), mayBePlain: false, charsets: [] }
}

/**
 * What follows the `?`. A name that is none of go-sql-driver's is a system variable.
 *
 * @throws ERR_CONFIG
 */
export function readParameters(query: string): DsnParameters {
  const draft = newDraft()
  for (const pair of query.split('&')) {
    const [, name = '', value] = /^([^=]*)=(.*)$/s.exec(pair) ?? []
    if (value === undefined) continue
    const reader = [readers, foreignParameters].find(each => Object.hasOwn(each, name))?.[name]
    ;(reader ?? readVariable)(value, draft, name)
  }
  const { charsets, variables, ...rest } = draft
  if (charsets.length > 0) rest.options.charset ??= knownCharset('charset', charsets)
  return { ...rest, variables: [...variables].map(([name, value]) => `${name}=${value}`) }
}

function readTls(value: string, draft: Draft): void {
  const bool = boolOf(value)
  const mode = bool === undefined ? value.toLowerCase() : String(bool)
  if (mode === 'false') return
  if (mode === 'true') draft.options.ssl = { rejectUnauthorized: true, verifyIdentity: true }
  else if (mode === 'skip-verify' || mode === 'preferred') draft.options.ssl = { rejectUnauthorized: false }
  else
    throw wrong(
      `: 'tls' must be true, false, skip-verify or preferred; for certificates of your own write { uri: '…', ssl: { ca } } in place of a name that a Go program registered`,
    )
  draft.mayBePlain ||= mode === 'preferred'
}

function readVariable(value: string, { variables }: Draft, name: string): void {
  if (!/^[a-z_][\w.]*$/i.test(name))
    throw wrong(`has a parameter with a name that is none of a system variable`)
  const given = unescaped(name, value)
  if (given.trim() === '') throw wrong(`: the system variable '${name}' has no value`)
  if (name.toLowerCase() === 'autocommit' && !/^(?:1|true|on|'on')$/i.test(given))
    throw wrong(`: 'autocommit' must be true: every statement is a transaction of its own`)
  variables.delete(name)
  variables.set(name, given)
}

function knownCharset(parameter: string, names: readonly string[]): string {
  const { Charsets } = mysql2 as unknown as { Charsets: Record<string, unknown> }
  const known = names.find(name => Object.hasOwn(Charsets, name.toUpperCase()))
  if (known === undefined)
    throw wrong(`: '${parameter}' names none that mysql2 knows, e.g. '${parameter}=utf8mb4'`)
  return known
}

function boolOf(value: string): boolean | undefined {
  if (['1', 'true', 'TRUE', 'True'].includes(value)) return true
  if (['0', 'false', 'FALSE', 'False'].includes(value)) return false
  return undefined
}

function readBool(name: string, value: string): boolean {
  const bool = boolOf(value)
  if (bool === undefined) throw wrong(`: '${name}' must be true or false, e.g. '${name}=true'`)
  return bool
}

function readDuration(name: string, value: string): number {
  const duration = parseGoDuration(value)
  if (duration === undefined)
    throw wrong(`: '${name}' must be a duration with a unit, e.g. '${name}=3s' or '500ms'`)
  return duration
}

function unescaped(name: string, value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    throw wrong(`: the value of '${name}' has a % that begins no escape; write %25 for it`)
  }
}

function wrong(problem: string): Error {
  return configError('mysql', problem)
}
