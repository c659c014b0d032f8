import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { AdapterRig } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'
import { inTime } from '../lib/in-time.ts'

const PATIENCE = 3000

/** A stream that goes on when the client has what came first. */
async function readInTurns(rig: AdapterRig, isChanged: boolean): Promise<void> {
  let go = (): void => {}
  const gate = new Promise<void>(resolve => {
    go = resolve
  })
  const body = Readable.from(
    (async function* () {
      yield Buffer.from('first')
      await gate
      yield Buffer.from('last')
    })(),
  )
  const browser = await rig.start({
    '/': (session, context) => {
      if (isChanged) session.set('n', 1)
      return rig.subject.stream(context, body)
    },
  })
  try {
    const opened = await inTime(browser.open('/'), PATIENCE, 'the headers of a stream did not come')
    assert.equal(opened.setCookies.length, isChanged ? 1 : 0, 'Set-Cookie lines')
    if (isChanged) assert.equal(await rig.stored(browser, 'n'), 1)
    const stream = opened.stream[Symbol.asyncIterator]()
    const first = await inTime(stream.next(), PATIENCE, 'the first part of a stream did not come')
    assert.equal(String(first.value), 'first')
    go()
    assert.equal(String((await stream.next()).value), 'last')
    assert.equal((await stream.next()).done, true)
  } finally {
    go()
  }
}

/** More than the system's buffers between two sockets take. */
const CHUNK = Buffer.alloc(64 * 1024, 'x')
const CHUNKS = 400

/** A body that is larger than what anybody should keep in memory, to a client that does not read yet. */
async function readSlowly(rig: AdapterRig, isChanged: boolean): Promise<void> {
  let produced = 0
  const body = new Readable({
    read() {
      this.push(produced++ < CHUNKS ? CHUNK : null)
    },
  })
  const browser = await rig.start({
    '/': (session, context) => {
      if (isChanged) session.set('n', 1)
      return rig.subject.stream(context, body)
    },
  })
  const { stream } = await browser.open('/')
  await new Promise(resolve => setTimeout(resolve, 150))
  assert.ok(produced < CHUNKS, 'all of the body was read while the client read nothing')
  let size = 0
  for await (const chunk of stream) size += (chunk as Buffer).length
  assert.equal(size, CHUNKS * CHUNK.length)
}

/** Bodies that come bit by bit. */
export const streams: AdapterGroup = {
  name: 'streams',
  rules: [
    { name: 'go out as they are made when nothing changed', check: rig => readInTurns(rig, false) },
    { name: 'go out as they are made after a save', check: rig => readInTurns(rig, true) },
    { name: 'wait for a slow client when nothing changed', check: rig => readSlowly(rig, false) },
    { name: 'wait for a slow client after a save', check: rig => readSlowly(rig, true) },
  ],
}
