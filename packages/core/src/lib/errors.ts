/** Every code an error of this library can carry. Codes are stable; messages are not. */
export type SessionErrorCode =
  /** An option, a config string or an argument is wrong; the message names the field and shows a right one. */
  | 'ERR_CONFIG'
  /** No engine is registered under this name; the message names the package to import. */
  | 'ERR_PROVIDER_UNKNOWN'
  /** Another package has registered this engine name or this type name. */
  | 'ERR_DUPLICATE'
  /** The engine cannot do this, e.g. count its sessions. */
  | 'ERR_UNSUPPORTED'
  /** A value cannot be stored (function, symbol, cycle, unregistered class, …). `key` names it. */
  | 'ERR_VALUE'
  /** A stored value cannot be read back, e.g. its class is not registered here. `key` names it. */
  | 'ERR_DECODE'
  /** The session is larger than the engine or the cookie can hold. What was stored before is intact. */
  | 'ERR_TOO_LARGE'
  /** A session id handed to a provider is not one it can store safely. */
  | 'ERR_INVALID_ID'
  /** The session of this handle was destroyed. */
  | 'ERR_SESSION_DESTROYED'
  /** The session of a lazy request was used before `sessionStart`, or sessions are off for this route. */
  | 'ERR_NOT_STARTED'
  /** The session could not be loaded, and the request goes on with an empty one that cannot be changed. */
  | 'ERR_READ_ONLY'
  /** The session cookie cannot be sent any more: the response's headers have left. Nothing was stored. */
  | 'ERR_HEADERS_SENT'
  /** A Secure cookie was asked for on a connection that is not secure. Nothing was stored. */
  | 'ERR_INSECURE_COOKIE'
  /** The backend did not answer within `timeout`. */
  | 'ERR_TIMEOUT'
  /** The backend answered with an error; `cause` is what the driver threw. */
  | 'ERR_BACKEND'
  /** Other requests kept changing the session for as long as `timeout`. Nothing of this release was stored. */
  | 'ERR_CONFLICT'
  /** The backend failed in the middle of a write and what it holds now does not tell whether it was done. */
  | 'ERR_OUTCOME_UNKNOWN'
  /** A manager that connects at its first use was asked what only its engine knows. */
  | 'ERR_NOT_CONNECTED'
  /** The manager is closed. */
  | 'ERR_CLOSED'

const brand = Symbol.for('@sess/core/SessionError')

/** What an error may say beyond its message. */
export interface SessionErrorDetails {
  /** What was thrown below, e.g. by a driver. */
  cause?: unknown
  /** The session key whose value is at fault. */
  key?: string
  /** The limit that was passed, in bytes. */
  limit?: number
}

/**
 * The one class of errors that this library throws. Tell them apart by `code`, and recognise them with
 * {@link isSessionError}: `instanceof` fails when two copies of the package are installed.
 *
 * A message never holds a session id or a secret.
 */
export class SessionError extends Error {
  readonly code: SessionErrorCode
  /** The session key whose value is at fault, where there is one. */
  readonly key?: string
  /** The limit that was passed, in bytes, where there is one. */
  readonly limit?: number

  constructor(code: SessionErrorCode, message: string, details: SessionErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.name = 'SessionError'
    this.code = code
    if (details.key !== undefined) this.key = details.key
    if (details.limit !== undefined) this.limit = details.limit
    Object.defineProperty(this, brand, { value: true })
  }
}

/** An `ERR_CONFIG` in the `providerConfig` of an engine: `problem` goes on from there, after a space if with no colon. */
export function configError(engine: string, problem: string, cause?: unknown): SessionError {
  const space = problem.startsWith(':') ? '' : ' '
  const message = `providerConfig of the ${engine} engine${space}${problem}`
  return new SessionError('ERR_CONFIG', message, cause === undefined ? {} : { cause })
}

/** Whether `error` is a {@link SessionError} of any copy of this package, and has `code` when one is given. */
export function isSessionError(error: unknown, code?: SessionErrorCode): error is SessionError {
  return (
    typeof error === 'object' &&
    error !== null &&
    brand in error &&
    (code === undefined || (error as { code?: unknown }).code === code)
  )
}

/** Whether a write that failed with this error may have been done all the same. */
export function mayBeDone(error: unknown): boolean {
  return isSessionError(error, 'ERR_TIMEOUT') || isSessionError(error, 'ERR_OUTCOME_UNKNOWN')
}
