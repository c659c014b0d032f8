import { requireBinary } from './binaries.ts'
import { Daemon, type Server } from './daemon.ts'
import { serverOf } from './server.ts'
import { ask } from './tcp.ts'

export interface MemcachedOptions {
  /** More arguments for `memcached`. */
  readonly args?: readonly string[]
}

/** Memcached keeps nothing: after a restart it is empty. */
export async function startMemcached({ args = [] }: MemcachedOptions = {}): Promise<Server> {
  const asRoot = process.getuid?.() === 0 ? ['-u', 'root'] : []
  const daemon = await Daemon.start({
    command: await requireBinary('memcached'),
    args: ({ host, port }) => [...asRoot, '-l', host, '-p', String(port), '-U', '0', '-m', '64', ...args],
    isReady: async daemon => (await ask(daemon, versionRequest)).length > 0,
  })
  return serverOf(daemon, `memcached://${daemon.host}:${daemon.port}`)
}

/** Of the binary protocol, the only one that a memcached with passwords speaks. */
const versionRequest = Buffer.from([0x80, 0x0b, ...Array<number>(22).fill(0)])
