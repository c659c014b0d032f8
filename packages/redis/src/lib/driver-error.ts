import { isSessionError, SessionError } from '@sess/core/engine'
import { wrong } from './wrong.ts'

/**
 * An error of the driver without the command that it hangs on it, which holds a key, a session or a password.
 * What Redis has answered gets the answer's first word, e.g. `OOM`, as its `code`.
 */
export function withoutCommand(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const details = error as { command?: unknown; code?: unknown; lastNodeError?: unknown }
  delete details.command
  withoutCommand(details.lastNodeError)
  if (isReply(error)) details.code ??= /^[A-Z]+/.exec(error.message)?.[0]
  return error
}

export function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** Whether the command was not even sent. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable")
}

/** Whether it is an answer of the server. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** The typed error for a start that failed: `ERR_CONFIG` if a setting is at fault, otherwise `ERR_BACKEND`. */
export function startError(address: string, error: unknown): SessionError {
  if (isSessionError(error)) return error
  const { lastNodeError = error } = error as { lastNodeError?: unknown }
  const { message = '', code = '' } = (withoutCommand(lastNodeError) ?? {}) as {
    message?: string
    code?: string
  }
  const at = `Redis at ${address}`
  if (/WRONGPASS|NOAUTH|invalid password|AUTH failed/.test(message))
    return wrong(`: ${at} refuses 'username' and 'password', e.g. { username: 'app', password: '…' }`, error)
  if (/\bNOPERM\b/.test(message)) {
    const [, command = ''] = /'([\w|-]+)' command/.exec(message) ?? []
    const rule = command === '' ? '' : `: add +${command} to the user's ACL`
    return wrong(
      `: ${at} does not permit its user what the engine needs${rule}; see "Running in production"`,
      error,
    )
  }
  if (/DB index|SELECT is not allowed/.test(message))
    return wrong(`: ${at} has no database 'db' of that number, e.g. { db: 0 }`, error)
  if (/^(CROSSSLOT|MOVED)/.test(message))
    return wrong(`: ${at} is a node of a cluster, e.g. { cluster: { nodes: ['10.0.0.1:6379'] } }`, error)
  if (/cluster support disabled/.test(message))
    return wrong(`: ${at} is no cluster: name it as a single server, e.g. { host: '127.0.0.1' }`, error)
  if (/^READONLY/.test(message))
    return wrong(`: ${at} is a replica, and sessions are written: name its master, or sentinels`, error)
  if (/No such master|invalid reply: null/.test(message))
    return wrong(`: ${at} know no master of that 'name', e.g. { sentinel: { …, name: 'mymaster' } }`, error)
  // What Redis says in full may hold a key.
  const reason = isReply(lastNodeError) ? `${code}; see cause` : code || message
  return new SessionError('ERR_BACKEND', `${at} cannot be used: ${reason}`, { cause: error })
}
