import { requireBinary } from './binaries.ts'
import { Daemon, type Server } from './daemon.ts'
import { serverOf } from './server.ts'
import { ask } from './tcp.ts'

export interface RedisOptions {
  /** Its `requirepass`; the url has it too. */
  readonly password?: string
  /** More arguments for `redis-server`. */
  readonly args?: readonly string[]
}

export async function startRedis({ password, args = [] }: RedisOptions = {}): Promise<Server> {
  const secret = password === undefined ? [] : ['--requirepass', password]
  const daemon = await startRedisDaemon([...secret, ...args])
  const user = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return serverOf(daemon, `redis://${user}${daemon.host}:${daemon.port}`)
}

/** What is acknowledged is with the system, and so survives a killed process; nothing is forced to the disk. */
const persistence = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'no']

export async function startRedisDaemon(args: readonly string[]): Promise<Daemon> {
  return Daemon.start({
    command: await requireBinary('redis-server'),
    args: ({ host, port, directory }) => {
      const place = ['--bind', host, '--port', String(port), '--dir', directory]
      return [...place, ...persistence, ...args]
    },
    isReady: async daemon => /^(\+PONG|-NOAUTH)/.test(String(await ask(daemon, 'PING\r\n'))),
  })
}
