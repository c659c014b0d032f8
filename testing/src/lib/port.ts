import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { localhost } from './tcp.ts'

/** Below the ports that systems give to outgoing connections: a server that is down gets its port back. */
const firstPort = 10_000
const lastPort = 19_999

/** A port that belongs to one server, also while that is down. */
export interface Port {
  readonly port: number
  /** Gives it back. Happens by itself when the process ends, however it ends. */
  release(): void
}

/**
 * Finds a port that nobody listens on, and the one 10,000 above it neither, which a Redis Cluster node takes as well.
 * Whoever else looks for one here, in this process or another, takes another: the UDP port of that number is bound as
 * long as it is reserved.
 */
export async function reservePort(): Promise<Port> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1))
    const mark = createSocket('udp4')
    try {
      mark.bind({ port, address: localhost, exclusive: true })
      await once(mark, 'listening')
    } catch {
      mark.close()
      continue
    }
    mark.unref()
    const release = () => {
      if (isReserved) mark.close()
      isReserved = false
    }
    let isReserved = true
    if ((await isFree(port)) && (await isFree(port + 10_000))) return { port, release }
    release()
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, localhost)
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
