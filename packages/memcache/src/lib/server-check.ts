import { isSessionError, SessionError } from '@sess/core/engine'
import type { Connection } from './connection.ts'
import { encodeNativeExpiry } from './item.ts'
import { wrong } from './memcache-config.ts'
import { type Answer, encodeRequest, opcodes, statuses } from './protocol.ts'

/** The largest item of a server that does not tell, in bytes. */
const USUAL_ITEM_SIZE = 1024 * 1024

/** That of one second from now, by any clock. */
const AT_ONCE = encodeNativeExpiry(0, { now: () => 0 })

/**
 * Asks a server what it can hold, and tries what the engine will need, in two round trips. Gives the size of the
 * largest item that it takes, in bytes.
 *
 * @param key one that no session has: an item is added there, and deleted
 * @throws ERR_BACKEND or ERR_TIMEOUT if it cannot be reached, ERR_CONFIG if it cannot be used as it is configured
 */
export async function checkServer(connection: Connection, key: string): Promise<number> {
  const server = `the memcached server ${connection.address}`
  const requests = {
    ADD: encodeRequest(opcodes.add, key, { extras: AT_ONCE }),
    GET: encodeRequest(opcodes.get, key),
    // Of a write that there is not, so it does nothing.
    REPLACE: encodeRequest(opcodes.replace, key, { cas: 1n, extras: AT_ONCE }),
    DELETE: encodeRequest(opcodes.delete, key),
  }
  try {
    // First and alone: a server that asks for a password hangs up, and its answer is lost if it has yet to read.
    const settings = await connection.stats('settings')
    const answers = await Promise.all(Object.values(requests).map(request => connection.send(request)))
    checkCommands(server, Object.keys(requests), answers)
    const [added] = answers as [Answer]
    const hasSwaps = added.header.status !== statuses.ok || added.header.cas.some(byte => byte !== 0)
    if (settings.get('cas_enabled') === 'no' || !hasSwaps)
      throw wrong(`: ${server} runs without compare-and-swap; start it without its option -C`)
    return Number(settings.get('item_size_max')) || USUAL_ITEM_SIZE
  } catch (error) {
    throw startError(server, error)
  }
}

function checkCommands(server: string, names: readonly string[], answers: readonly Answer[]): void {
  const lacking = names.filter((_, i) => {
    const { status } = (answers[i] as Answer).header
    return (
      status === statuses.unknownCommand || status === statuses.notSupported || status === statuses.denied
    )
  })
  if (lacking.length > 0)
    throw wrong(`: ${server} does not take the command ${lacking.join(', ')}, which the engine needs`)
}

function startError(server: string, cause: unknown): SessionError {
  if (isSessionError(cause)) return cause
  const { code } = cause as { code?: string }
  if (code === 'EAUTH')
    return wrong(
      `: ${server} refuses 'username' and 'password'; give the right ones, e.g. { username: 'app', password: '…' }`,
      cause,
    )
  if (code === 'EPROTO')
    return wrong(
      `: ${server} does not speak memcached's binary protocol: name a memcached that runs without -B ascii and -Y`,
      cause,
    )
  const hint = code === 'ECONNRESET' ? ', as a memcached does that runs with -B ascii or -Y' : ''
  return new SessionError('ERR_BACKEND', `Cannot reach ${server}: ${code}${hint}`, { cause })
}
