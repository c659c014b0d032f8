import { once } from 'node:events'
import { connect } from 'node:net'

/** Where something listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

export const localhost = '127.0.0.1'

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
