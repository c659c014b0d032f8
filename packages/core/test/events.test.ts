import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Events, type SessionEventName, type SessionEvents } from '../src/lib/events.ts'
import { newManager } from '../src/lib/new-manager.ts'
import '../src/index.ts'

const samples: SessionEvents = {
  created: { id: 'a' },
  destroyed: { id: 'a' },
  regenerated: { id: 'a', newID: 'b' },
  extended: { id: 'a' },
  dropped: { id: 'a', reason: 'gone' },
  conflict: { id: 'a' },
  saveError: { id: 'a', error: 'why' },
  sweepError: { error: 'why' },
  swept: { count: 1 },
  cookieUnsent: { id: 'a' },
  cacheControl: { field: 'cache-control', from: 'public', to: 'private' },
}
const names = Object.keys(samples) as SessionEventName[]

/** Errors that nobody catches, in place of the end of the process. */
function collectUncaught(): unknown[] {
  const collected: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', error => void collected.push(error))
  restore = () => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
  return collected
}
let restore = () => {}
afterEach(() => {
  restore()
  restore = () => {}
})

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('an event', () => {
  test.each(names)('%s reaches its listeners, until they are taken off, and no others', name => {
    const events = new Events()
    const [listener, other] = [vi.fn(), vi.fn()]
    events.on(name, listener)
    for (const unrelated of names) if (unrelated !== name) events.on(unrelated, other)
    events.emit(name, samples[name])
    expect(listener.mock.calls).toEqual([[samples[name]]])
    expect(other).not.toHaveBeenCalled()
    events.off(name, listener)
    events.emit(name, samples[name])
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test.each(names)('%s is published on the channel of its name', name => {
    const subscriber = vi.fn()
    subscribe(`sess:${name}`, subscriber)
    try {
      new Events().emit(name, samples[name])
    } finally {
      unsubscribe(`sess:${name}`, subscriber)
    }
    expect(subscriber.mock.calls).toEqual([[samples[name], `sess:${name}`]])
  })

  test('of one manager is not one of another', () => {
    const [a, b] = [new Events(), new Events()]
    const listener = vi.fn()
    a.on('swept', listener)
    b.emit('swept', { count: 1 })
    expect(listener).not.toHaveBeenCalled()
  })
})

describe('a listener that throws', () => {
  test('keeps no other listener and no caller from the event, and surfaces as uncaught', async () => {
    const uncaught = collectUncaught()
    const reason = new Error('theirs')
    const events = new Events()
    const listener = vi.fn()
    events.on('created', () => {
      throw reason
    })
    events.on('created', listener)
    events.emit('created', { id: 'a' })
    expect(listener).toHaveBeenCalledTimes(1)
    expect(uncaught).toEqual([])
    await turn()
    expect(uncaught).toEqual([reason])
  })

  test('does not break a save', async () => {
    const uncaught = collectUncaught()
    await using manager = await newManager('memory')
    manager.on('created', () => {
      throw new Error('theirs')
    })
    const session = await manager.getProvider().sessionRead('sid')
    session.set('n', 1)
    await session.sessionRelease()
    expect((await manager.getProvider().sessionRead('sid')).get('n')).toBe(1)
    await turn()
    expect(uncaught).toHaveLength(1)
  })

  test('may take itself off while it is called', () => {
    const events = new Events()
    const later = vi.fn()
    const once = vi.fn(() => events.off('swept', once))
    events.on('swept', once)
    events.on('swept', later)
    events.emit('swept', { count: 1 })
    events.emit('swept', { count: 1 })
    expect([once.mock.calls.length, later.mock.calls.length]).toEqual([1, 2])
  })
})
