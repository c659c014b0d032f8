import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** Where something listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

export const localhost = '127.0.0.1'

/** Below the ports that systems give to outgoing connections: a server that is down gets its port back. */
const firstPort = 10_000
const lastPort = 19_999

/** A port that nobody listens on, and the one 10,000 above it too, which a Redis Cluster node takes as well. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1))
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port
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

/** The first bytes that a server says, to a question or to the connection itself; empty if it says none. */
export async function ask({ host, port }: Address, question?: string | Uint8Array): Promise<Buffer> {
  const socket = connect(port, host)
  socket.setTimeout(1000, () => socket.destroy())
  try {
    await once(socket, 'connect')
    if (question !== undefined) socket.write(question)
    const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
    return Buffer.isBuffer(answer) ? answer : Buffer.alloc(0)
  } catch {
    return Buffer.alloc(0)
  } finally {
    socket.destroy()
  }
}

/** 'host:port', an IPv6 host in brackets. */
export function formatAddress({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
