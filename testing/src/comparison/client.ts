import type { Server } from 'node:http'
import { connect as connectHttp2, type Http2Server } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import type { Plan } from './step.ts'

/** How long a response may take before it counts as one that never ends, in milliseconds. */
const PATIENCE = 2000

/** What has come back: the bytes, without what differs by nature, and whether the response and the next one are whole. */
export interface Received {
  readonly text: string
  readonly end: 'whole' | 'closed' | 'open'
}

/** Asks for a plan, and behind it on the same connection for a page that must be answered right. */
export async function ask(server: Server, id: string, { method, hangsUpAfter }: Plan): Promise<Received> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const body = method === 'POST' ? 'Content-Length: 2\r\n\r\nhi' : '\r\n'
  socket.write(
    `${method} / HTTP/1.1\r\nHost: a\r\nX-Plan: ${id}\r\n${body}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`,
  )
  if (hangsUpAfter !== undefined) setTimeout(() => socket.destroy(), hangsUpAfter)
  let text = ''
  socket.setEncoding('latin1')
  const end = await new Promise<Received['end']>(resolve => {
    const timer = setTimeout(() => resolve('open'), PATIENCE)
    const settle = (end: Received['end']): void => {
      clearTimeout(timer)
      resolve(end)
    }
    socket.on('data', (data: string) => {
      text += data
      if (text.endsWith('\r\n\r\nnext')) settle('whole')
    })
    socket.on('error', () => {})
    socket.on('close', () => settle('closed'))
  })
  socket.destroy()
  return { text: normalized(text), end }
}

/** Heads without the date, the session's cookie, and what keeps that cookie out of caches; their lines sorted. */
function normalized(text: string): string {
  return text
    .replace(/^(?:date|cache-control): .*\r\n/gim, '')
    .replace(/^set-cookie: beegosessionID=.*\r\n/gim, '')
    .replace(/(HTTP\/1\.1 .*\r\n)((?:.+\r\n)*)(?=\r\n)/g, (_, status: string, lines: string) => {
      const sorted = lines
        .split('\r\n')
        .filter(Boolean)
        .map(line => line.replace(/^[^:]*/, name => name.toLowerCase()))
      return `${status}${sorted.sort().join('\r\n')}\r\n`
    })
}

/** As {@link ask}, over HTTP/2. */
export async function askHttp2(
  server: Http2Server,
  id: string,
  { method, hangsUpAfter }: Plan,
): Promise<Received> {
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  session.on('error', () => {})
  const stream = session.request({ ':path': '/', ':method': method, 'x-plan': id })
  stream.on('error', () => {})
  stream.end(method === 'POST' ? 'hi' : undefined)
  if (hangsUpAfter !== undefined) setTimeout(() => stream.close(8), hangsUpAfter)
  let text = ''
  stream.on('response', headers => {
    text += `${headersText(headers)}\n`
  })
  stream.on('trailers', headers => {
    text += `\n${headersText(headers)}`
  })
  stream.on('data', data => {
    text += data
  })
  const closed = new Promise<true>(resolve => stream.on('close', () => resolve(true)))
  const isClosed = await Promise.race([
    closed,
    new Promise<false>(resolve => setTimeout(resolve, PATIENCE, false)),
  ])
  const end = !isClosed ? 'open' : stream.rstCode === 0 && text !== '' ? 'whole' : 'closed'
  // Not destroyed: Node 20 ends the process when a session is collected that was.
  if (!isClosed) stream.close()
  session.close()
  return { text, end }
}

function headersText(headers: object): string {
  return Object.entries(headers)
    .filter(([name]) => name !== 'date' && name !== 'cache-control')
    .map(([name, value]) => [
      name,
      Array.isArray(value) ? value.filter(line => !String(line).startsWith('beegosessionID=')) : value,
    ])
    .filter(([, value]) => !Array.isArray(value) || value.length > 0)
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
    .join('\n')
}
