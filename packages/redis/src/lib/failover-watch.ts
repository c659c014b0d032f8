import { Redis, type RedisOptions } from 'ioredis'

const CHANNEL = '+switch-master'
/** Before a sentinel that is away is tried again, in milliseconds. */
const PATIENCE = 5000

/**
 * Moves the client to the new master as soon as a sentinel tells of it: the old one may go on for ten seconds, and
 * what it is told then is lost. (ioredis' own `failoverDetector` hears of other masters too, logs every sentinel
 * that is away, and outlives its client.) Gives what ends it.
 */
export function watchFailovers(client: Redis, options: RedisOptions): () => void {
  const { sentinels = [], name, sentinelUsername, sentinelPassword, sentinelTLS, family } = options
  let last = ''
  const hear = (message: string) => {
    // Each sentinel says the same.
    if (!message.startsWith(`${name} `) || message === last) return
    last = message
    const move = () => client.disconnect(true)
    if (client.status === 'ready') move()
    else client.once('ready', move)
  }
  const watchers = sentinels.map(({ host = '127.0.0.1', port = 26_379 }) => {
    const watcher = new Redis({
      host,
      port,
      enableReadyCheck: false,
      maxRetriesPerRequest: null,
      retryStrategy: () => PATIENCE,
      disconnectTimeout: 100,
      ...(sentinelUsername === undefined ? {} : { username: sentinelUsername }),
      ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
      ...(sentinelTLS === undefined ? {} : { tls: sentinelTLS }),
      ...(family === undefined ? {} : { family }),
    })
    // It is one of several, and the master is found without it.
    watcher.on('error', () => undefined)
    watcher.on('message', (_channel, message) => hear(message))
    watcher.subscribe(CHANNEL).catch(() => undefined)
    return watcher
  })
  return () => {
    for (const watcher of watchers) watcher.disconnect()
  }
}
