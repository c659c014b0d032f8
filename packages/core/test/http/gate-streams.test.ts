import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { setUp } from './support/managers.ts'
import { door, sleep } from './support/probe-store.ts'
import { protocols, serve } from './support/servers.ts'

// A body is streamed, not collected: held back or not, no more of it is read than a slow reader takes.

const CHUNK = Buffer.alloc(64 * 1024, 'x')
const CHUNKS = 128
/** More than the system's buffers between two sockets take. */
const MANY = 1024

function source(chunks: number): { stream: Readable; produced(): number } {
  let produced = 0
  const stream = new Readable({
    read() {
      this.push(produced++ < chunks ? CHUNK : null)
    },
  })
  return { stream, produced: () => Math.min(produced, chunks) }
}

describe.each(protocols)('over %s', protocol => {
  it.each(['pipe', 'pipeline'] as const)('%s waits while the save runs, then goes on', async way => {
    const { manager, store } = await setUp()
    const saving = door()
    store.before = () => saving.opened
    const { stream, produced } = source(CHUNKS)
    let whileHeld = 0
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      const piped = way === 'pipe' ? stream.pipe(res) : pipeline(stream, res)
      await sleep(50)
      whileHeld = produced()
      saving.open()
      await piped
    }, protocol)
    const { body, setCookies } = await server.ask()
    expect(body).toHaveLength(CHUNKS * CHUNK.length)
    expect(setCookies).toHaveLength(1)
    // One chunk in the response, and what the source reads ahead.
    expect(whileHeld).toBeLessThanOrEqual(3)
  })
})

it('a client that does not read holds the source back after the save, too', async () => {
  const { manager, store } = await setUp()
  store.before = () => sleep(20)
  const { stream, produced } = source(MANY)
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    stream.pipe(res)
  })
  const arrived = await new Promise<{ read(): Promise<number>; close(): void }>((resolve, reject) => {
    const asked = request(server.url, { agent: false }, response => {
      resolve({
        read: async () => {
          let size = 0
          for await (const chunk of response) size += (chunk as Buffer).length
          return size
        },
        close: () => asked.destroy(),
      })
    })
    asked.on('error', reject).end()
  })
  await sleep(150)
  const stalled = produced()
  expect(stalled).toBeLessThan(MANY)
  await sleep(100)
  expect(produced()).toBe(stalled)
  expect(await arrived.read()).toBe(MANY * CHUNK.length)
})

it('drain comes once per full buffer: a held write and a slow client do not make two', async () => {
  const { manager, store } = await setUp()
  store.before = () => sleep(20)
  let drains = 0
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.on('drain', () => drains++)
    res.write(Buffer.alloc(MANY * CHUNK.length))
    await sleep(100)
    // Nobody has read it yet.
    expect(drains).toBe(0)
    res.end()
  })
  const body = await new Promise<number>((resolve, reject) => {
    const asked = request(server.url, { agent: false }, async response => {
      await sleep(200)
      let size = 0
      for await (const chunk of response) size += (chunk as Buffer).length
      resolve(size)
    })
    asked.on('error', reject).end()
  })
  expect(body).toBe(MANY * CHUNK.length)
  expect(server.thrown).toEqual([])
})

it('an event stream goes out line by line', async () => {
  const { manager } = await setUp()
  const next = [door(), door()]
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.writeHead(200, { 'Content-Type': 'text/event-stream' })
    res.write('data: 1\n\n')
    await next[0]?.opened
    res.write('data: 2\n\n')
    await next[1]?.opened
    res.end()
  })
  const seen: string[] = []
  await new Promise<void>((resolve, reject) => {
    request(server.url, { agent: false }, async response => {
      for await (const chunk of response) {
        next[seen.length]?.open()
        seen.push(String(chunk))
      }
      resolve()
    })
      .on('error', reject)
      .end()
  })
  expect(seen).toEqual(['data: 1\n\n', 'data: 2\n\n'])
})
