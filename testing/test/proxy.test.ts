import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Address, startProxy, type TcpProxy } from '@sess/testing'
import { expect, it, onTestFinished } from 'vitest'

/** A server that answers each line with itself, and knows which it has heard. */
async function echo(): Promise<Address & { heard: string[] }> {
  const heard: string[] = []
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', data => {
      heard.push(String(data))
      socket.write(data)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  return { host: '127.0.0.1', port, heard }
}

class Client {
  readonly socket: Socket
  answers = ''
  end: string | undefined

  constructor({ host, port }: Address) {
    this.socket = connect(port, host)
    this.socket.on('data', data => (this.answers += data))
    this.socket.once('error', (error: NodeJS.ErrnoException) => (this.end ??= error.code))
    this.socket.once('end', () => (this.end ??= 'end'))
    onTestFinished(() => void this.socket.destroy())
  }

  async ask(text: string): Promise<string> {
    const before = this.answers.length
    this.socket.write(text)
    await expect.poll(() => this.end ?? this.answers.slice(before), { interval: 2 }).toMatch(/./)
    return this.end ?? this.answers.slice(before)
  }
}

async function proxied(): Promise<{ proxy: TcpProxy; heard: string[]; client(): Client }> {
  const server = await echo()
  const proxy = await startProxy(server)
  onTestFinished(() => proxy.close())
  return { proxy, heard: server.heard, client: () => new Client(proxy) }
}

it('passes on what is said, and counts the exchanges', async () => {
  const { proxy, client } = await proxied()
  const [one, other] = [client(), client()]
  expect(await one.ask('a')).toBe('a')
  expect(proxy.exchanges).toBe(1)
  expect(await other.ask('b')).toBe('b')
  expect(await one.ask('c')).toBe('c')
  expect(proxy.exchanges).toBe(3)
  expect(proxy.connections).toBe(2)
})

it('counts as one exchange what is asked before an answer comes, and an answer in pieces', async () => {
  const server = createServer(socket => {
    socket.write('greeting')
    socket.on('data', async data => {
      if (!String(data).endsWith('.')) return
      socket.write('one ')
      await sleep(20)
      socket.write('two')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const proxy = await startProxy({ host: '127.0.0.1', port: (server.address() as { port: number }).port })
  onTestFinished(() => proxy.close())
  const client = new Client(proxy)
  await expect.poll(() => client.answers).toBe('greeting')
  expect(proxy.exchanges).toBe(0)
  client.socket.write('a long ')
  await sleep(20)
  client.socket.write('question.')
  await expect.poll(() => client.answers).toBe('greetingone two')
  expect(proxy.exchanges).toBe(1)
})

it('answers nothing while it is frozen, accepts all the same, and goes on when it thaws', async () => {
  const { proxy, heard, client } = await proxied()
  const before = client()
  await before.ask('a')
  proxy.freeze()
  const meanwhile = client()
  await once(meanwhile.socket, 'connect')
  for (const each of [before, meanwhile]) each.socket.write('b')
  await sleep(100)
  expect([before.answers, meanwhile.answers, heard.join('')]).toEqual(['a', '', 'a'])
  expect([before.end, meanwhile.end]).toEqual([undefined, undefined])
  proxy.thaw()
  await expect.poll(() => [before.answers, meanwhile.answers]).toEqual(['ab', 'b'])
})

it.each([
  ['reset', 'ECONNRESET'],
  ['end', 'end'],
] as const)('cuts all connections by %s, and takes new ones', async (how, seen) => {
  const { proxy, client } = await proxied()
  const [one, other] = [client(), client()]
  await Promise.all([one.ask('a'), other.ask('b')])
  proxy.cut(how)
  await expect.poll(() => [one.end, other.end]).toEqual([seen, seen])
  await expect.poll(() => proxy.connections).toBe(0)
  expect(await client().ask('c')).toBe('c')
})

it('refuses connections until it is told to take them, on the same port', async () => {
  const { proxy, client } = await proxied()
  const before = client()
  await before.ask('a')
  await proxy.refuse()
  const refused = client()
  await expect.poll(() => refused.end).toBe('ECONNREFUSED')
  expect(await before.ask('b')).toBe('b')
  await proxy.allow()
  expect(await client().ask('c')).toBe('c')
})

it('loses requests and answers at random, and every time the connection with them', async () => {
  const { proxy, heard, client } = await proxied()
  proxy.cutAnswers(0.5, 1)
  const seen = { answered: 0, heard: 0, lost: 0 }
  for (let i = 0; i < 200; i++) {
    heard.length = 0
    const answer = await client().ask('a')
    if (answer === 'a') seen.answered++
    else if (heard.length > 0) seen.heard++
    else seen.lost++
    expect(['a', 'ECONNRESET']).toContain(answer)
  }
  expect(seen.heard + seen.lost).toBe(proxy.cuts)
  for (const [what, least] of [
    ['answered', 70],
    ['heard', 30],
    ['lost', 30],
  ] as const)
    expect(seen[what], what).toBeGreaterThan(least)
  proxy.cutAnswers(0)
  for (let i = 0; i < 20; i++) expect(await client().ask('a')).toBe('a')
})

it('resets whoever comes while the server behind it is down', async () => {
  const proxy = await startProxy({ host: '127.0.0.1', port: 1 })
  onTestFinished(() => proxy.close())
  const client = new Client(proxy)
  await expect.poll(() => client.end).toBe('ECONNRESET')
})
