import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Address } from '@sess/testing'
import { onTestFinished } from 'vitest'

/** How a connection ends in the middle of an answer. */
type Break = 'reset' | 'end' | 'silence'

/** A way to a memcached on which every request is noted, and answers can break off. */
export interface Relay extends Address {
  /** The opcodes of all requests that came to it, connection by connection. */
  readonly requests: number[][]
  /** What to do with the next answer: pass on so many bytes of it, then this. */
  breakOff: { readonly after: number; readonly how: Break } | undefined
  /** Whether requests are noted and not passed on. */
  isHolding: boolean
  /** Changes each answer, in place. */
  change: ((answer: Buffer) => void) | undefined
}

export async function startRelay(target: Address): Promise<Relay> {
  const sockets = new Set<Socket>()
  const listener = createServer(client => {
    const server = connect(target.port, target.host)
    const requests: number[] = []
    relay.requests.push(requests)
    let unread = Buffer.alloc(0)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => other.end())
    }
    client.on('data', data => {
      unread = Buffer.concat([unread, data])
      while (unread.length >= 24 && unread.length >= 24 + unread.readUInt32BE(8)) {
        requests.push(unread.readUInt8(1))
        unread = unread.subarray(24 + unread.readUInt32BE(8))
      }
      if (!relay.isHolding) server.write(data)
    })
    server.on('data', data => {
      const { breakOff } = relay
      if (relay.change) for (const answer of answersOf(data)) relay.change(answer)
      if (!breakOff) return void client.write(data)
      relay.breakOff = undefined
      server.removeAllListeners('data').resume()
      client.write(data.subarray(0, breakOff.after), () => {
        if (breakOff.how === 'reset') client.resetAndDestroy()
        if (breakOff.how === 'end') client.end()
      })
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  onTestFinished(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = listener.address() as AddressInfo
  const relay: Relay = {
    host: '127.0.0.1',
    port,
    requests: [],
    breakOff: undefined,
    isHolding: false,
    change: undefined,
  }
  return relay
}

/** Those that come whole, as the small ones of a start do. */
function answersOf(data: Buffer): Buffer[] {
  const answers: Buffer[] = []
  for (let rest = data; rest.length >= 24; rest = rest.subarray(24 + rest.readUInt32BE(8))) answers.push(rest)
  return answers
}
