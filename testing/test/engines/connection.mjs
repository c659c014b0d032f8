import { connect } from 'node:net'

/**
 * One connection to Redis, made again when it is needed. Each command is sent once. Whoever has waited for `timeout`
 * gets an error, and the connection goes with him.
 */
export class Connection {
  #address
  #timeout
  #hears
  /** @type {import('node:net').Socket | undefined} */
  #socket
  /** @type {{ resolve(reply: unknown): void, reject(error: Error): void }[]} */
  #waiting = []
  #received = Buffer.alloc(0)

  constructor(address, timeout, hears = () => {}) {
    this.#address = address
    this.#timeout = timeout
    this.#hears = hears
  }

  /** @param {(string | Uint8Array | number)[]} words */
  command(...words) {
    return new Promise((resolve, reject) => {
      const socket = this.#open()
      const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), this.#timeout)
      const end = work => result => {
        clearTimeout(timer)
        work(result)
      }
      this.#waiting.push({ resolve: end(resolve), reject: end(reject) })
      const parts = words.map(word => Buffer.from(typeof word === 'number' ? String(word) : word))
      const lines = parts.flatMap(part => [`$${part.length}\r\n`, part, '\r\n'])
      socket.write(Buffer.concat([`*${parts.length}\r\n`, ...lines].map(each => Buffer.from(each))))
    })
  }

  close() {
    this.#socket?.destroy()
  }

  #open() {
    if (this.#socket && !this.#socket.destroyed) return this.#socket
    const socket = connect(this.#address.port, this.#address.host)
    this.#socket = socket
    this.#received = Buffer.alloc(0)
    const waiting = []
    this.#waiting = waiting
    let reason = new Error('the connection was closed')
    socket.on('error', error => {
      reason = error
    })
    socket.on('close', () => {
      this.#hears(reason)
      for (const { reject } of waiting.splice(0)) reject(reason)
    })
    socket.on('data', data => {
      this.#received = Buffer.concat([this.#received, data])
      for (let reply = this.#take(); reply !== undefined; reply = this.#take())
        waiting.shift()?.[reply instanceof Error ? 'reject' : 'resolve'](reply)
    })
    return socket
  }

  /** The next whole reply: a number, a line, bytes, null, an error, or a list of them. */
  #take() {
    const taken = parse(this.#received, 0)
    if (!taken) return undefined
    this.#received = this.#received.subarray(taken.end)
    return taken.value
  }
}

/** @returns {{ value: unknown, end: number } | undefined} */
function parse(bytes, start) {
  const end = bytes.indexOf('\r\n', start)
  if (end < 0) return undefined
  const kind = String.fromCharCode(bytes[start])
  const text = bytes.toString('latin1', start + 1, end)
  const after = end + 2
  if (kind === '+') return { value: text, end: after }
  if (kind === '-') return { value: new Error(text), end: after }
  if (kind === ':') return { value: Number(text), end: after }
  if (Number(text) < 0) return { value: null, end: after }
  if (kind === '$') {
    const last = after + Number(text)
    return bytes.length < last + 2 ? undefined : { value: bytes.subarray(after, last), end: last + 2 }
  }
  const items = []
  let position = after
  for (let i = 0; i < Number(text); i++) {
    const item = parse(bytes, position)
    if (!item) return undefined
    items.push(item.value)
    position = item.end
  }
  return { value: items, end: position }
}
