/* What the SDK sends again by itself, and what it makes of an answer that is lost: nothing is ever done twice. */
import { setTimeout as sleep } from 'node:timers/promises'
import { newManager } from '@sess/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CouchbaseDouble } from './support/couchbase-double.ts'
import { Opcode, Status } from './support/protocol.ts'
import { contentOf, dataOf, newId, newWorkplace } from './support/workplace.ts'

const writes = new Set<number>([Opcode.insert, Opcode.replace, Opcode.remove])
const sent = (double: CouchbaseDouble) => double.takeSeen().filter(({ opcode }) => writes.has(opcode)).length

/** The three ways to write, each on a place of its own. */
async function newWrite(what: 'insert' | 'replace' | 'remove', timeout = 5000) {
  const place = await newWorkplace({ timeout })
  const { store, double } = place
  const id = newId()
  const data = dataOf('new')
  const token = what === 'insert' ? undefined : await store.create(id, dataOf('old'), place.in(60))
  double.takeSeen()
  const run = async () => {
    if (what === 'insert') return store.create(id, data, place.in(60))
    if (what === 'replace') return store.update(id, data, place.in(60), token)
    return store.delete(id, token)
  }
  const content = async () => contentOf(await store.load(id))
  const done = what === 'remove' ? undefined : 'new'
  const undone = what === 'insert' ? undefined : 'old'
  return { ...place, id, run, content, done, undone, opcode: Opcode[what] }
}

describe.each(['insert', 'replace', 'remove'] as const)('a connection that ends during %s', what => {
  it('after it was done: is an error at once, and it is not sent again', async () => {
    const { double, run, content, done, opcode } = await newWrite(what)
    double.faults.add(opcode, { hangUp: 'after' })
    await expect(run()).rejects.toMatchObject({ name: 'RequestCanceledError' })
    expect(await content()).toBe(done)
    expect(sent(double)).toBe(1)
  })

  it('before it was done: is an error at once, and it is not sent again', async () => {
    const { double, run, content, undone, opcode } = await newWrite(what)
    double.faults.add(opcode, { hangUp: 'before' })
    await expect(run()).rejects.toMatchObject({ name: 'RequestCanceledError' })
    expect(await content()).toBe(undone)
    expect(sent(double)).toBe(1)
  })
})

describe.each(['insert', 'replace', 'remove'] as const)('%s', what => {
  it.each([
    ['notMyVbucket', Status.notMyVbucket],
    ['temporaryFailure', Status.temporaryFailure],
    ['locked', Status.locked],
    ['unknownCollection', Status.unknownCollection],
  ])(
    'is sent again by the SDK when the server says %s, which it says in place of doing it',
    async (_, refuse) => {
      const { double, run, content, done, opcode } = await newWrite(what)
      double.faults.add(opcode, { refuse })
      expect(await run()).toBeTruthy()
      expect(await content()).toBe(done)
      expect(sent(double)).toBe(2)
    },
  )

  it('without an answer is left open, and its late answer is nobody else’s', async () => {
    const { double, store, in: inSeconds, id, opcode, ...write } = await newWrite(what, 700)
    double.faults.add(opcode, { delay: 1000 })
    const other = newId()
    await expect(write.run()).rejects.toMatchObject({ name: 'AmbiguousTimeoutError' })
    const data = dataOf('other')
    await store.create(other, data, inSeconds(60))
    for (let i = 0; i < 50; i++) {
      expect(contentOf(await store.load(other))).toBe('other')
      await sleep(10)
    }
    expect(await write.content()).toBe(write.done)
    expect(sent(double)).toBe(2)
  })
})

it('is ERR_TIMEOUT, and nothing is sent later, when there was no connection to send it on', async () => {
  const { double, store, in: inSeconds } = await newWorkplace({ timeout: 700 })
  const id = newId()
  await double.stop()
  // Until the SDK has heard of it.
  await sleep(100)
  await expect(store.create(id, dataOf('a'), inSeconds(60))).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  await expect(store.load(id)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  await double.restart()
  await store.create(newId(), dataOf('b'), inSeconds(60))
  expect(await store.load(id)).toBeUndefined()
  expect(sent(double)).toBe(1)
})

it('counts an increment once, whichever answer is lost', async () => {
  const double = await CouchbaseDouble.start()
  const manager = await newManager('couchbase', { providerConfig: double.url(), timeout: 3000 })
  onTestFinished(async () => {
    await manager.close()
    await double.stop()
  })
  const headers = new Headers()
  const session = await manager.sessionStart(new Request('http://localhost/'), headers)
  session.set('n', 0)
  double.faults.add(Opcode.insert, { hangUp: 'after' })
  await session.sessionRelease()
  const cookie = (headers.get('set-cookie') as string).split(';')[0] as string
  const request = () => new Request('http://localhost/', { headers: { cookie } })
  const fates = [{ hangUp: 'after' }, { hangUp: 'before' }, { refuse: Status.temporaryFailure }] as const
  for (let i = 0; i < 30; i++) {
    const sess = await manager.sessionStart(request(), new Headers())
    sess.update('n', n => (n as number) + 1)
    double.faults.add(Opcode.replace, fates[i % 3] as (typeof fates)[number])
    await sess.sessionRelease()
  }
  expect((await manager.sessionStart(request(), new Headers())).get('n')).toBe(30)
})

describe('a connection that has died in silence', () => {
  it('is replaced, without a restart, when answers are missing', async () => {
    const { double, store, in: inSeconds } = await newWorkplace({ timeout: 500 })
    const id = newId()
    await store.create(id, dataOf('here'), inSeconds(600))
    const before = double.connections
    double.forget()
    await expect(store.load(id)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await expect.poll(() => store.load(id).then(contentOf, () => 'no answer'), { timeout: 5000 }).toBe('here')
    expect(double.connections).toBe(before + 2)
    // The dead one is let go of, which its other end sees when the network is back.
    await sleep(600)
    for (const socket of double.sockets) socket.resume()
    await expect.poll(() => double.sockets.size, { timeout: 3000 }).toBe(2)
  })

  it('is not replaced while it answers, however slow one operation was', async () => {
    const { double, store, in: inSeconds } = await newWorkplace({ timeout: 500 })
    const id = newId()
    await store.create(id, dataOf('here'), inSeconds(600))
    const before = double.connections
    double.faults.add(Opcode.get, { silence: 'after' })
    await expect(store.load(id)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(contentOf(await store.load(id))).toBe('here')
    await sleep(200)
    expect(double.connections).toBe(before)
  })

  it('is left to the SDK when the SDK knows that it is lost', async () => {
    const { double, store } = await newWorkplace({ timeout: 500 })
    await double.stop()
    await sleep(100)
    for (let i = 0; i < 4; i++)
      await expect(store.load(newId())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await double.restart()
    const before = double.connections
    expect(await store.load(newId())).toBeUndefined()
    await sleep(1000)
    // One of the cluster, one of the bucket.
    expect(double.connections - before).toBeLessThanOrEqual(2)
  })

  it('leaves nothing behind when the store is closed meanwhile', async () => {
    const { double, store } = await newWorkplace({ timeout: 500 })
    double.forget()
    await expect(store.load(newId())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await store.close()
    await sleep(2000)
    for (const socket of double.sockets) socket.resume()
    await expect.poll(() => double.sockets.size, { timeout: 3000 }).toBe(0)
  })
})
