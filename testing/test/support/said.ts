import { connect } from 'node:net'
import type { Address } from '@sess/testing'

/** The first that a server says within half a second, to a question or to the connection itself. */
export function said({ host, port }: Address, question?: string | Uint8Array): Promise<string> {
  const socket = connect(port, host)
  return new Promise<string>((resolve, reject) => {
    socket.once('error', reject).once('data', data => resolve(data.toString('latin1')))
    socket.setTimeout(500, () => resolve(''))
    if (question !== undefined) socket.write(question)
  }).finally(() => socket.destroy())
}
