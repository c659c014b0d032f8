import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newManager, registerType } from '../src/index.ts'
import { Draft } from '../src/lib/draft.ts'
import { fromRecordStore } from '../src/lib/engine.ts'
import { dataOf, entriesOf } from './support/entries.ts'
import { ScriptedStore } from './support/scripted-store.ts'

class Ticket {
  name = 'ticket'
}
class Stamp {
  at = 0
}
registerType('unsteady/Ticket', Ticket, { encode: () => randomUUID(), decode: () => new Ticket() })
registerType('unsteady/Stamp', Stamp, {
  encode: () => ({ at: Date.now() }),
  decode: ({ at }: { at: number }) => Object.assign(new Stamp(), { at }),
})

let count = 0
const unsteady: [string, () => object][] = [
  [
    'a getter that counts',
    () => ({
      get n() {
        return ++count
      },
    }),
  ],
  ['a proxy that counts', () => new Proxy({ n: 0 }, { get: () => ++count })],
  ['a codec that draws lots', () => new Ticket()],
  ['a codec with a clock in it', () => new Stamp()],
  ['a list of them', () => [new Ticket(), { at: new Ticket() }]],
  ['a map of them', () => new Map([['a', new Ticket()]])],
]

const ERR_VALUE = expect.objectContaining({ code: 'ERR_VALUE', key: 'value' })

/** Until the clock of the codec has gone on. */
async function tick(): Promise<void> {
  const start = Date.now()
  while (Date.now() === start) await new Promise(setImmediate)
}

describe('a value whose text differs each time is refused after the second text', () => {
  test.each(unsteady)('%s, in a draft', async (_, make) => {
    const draft = new Draft(entriesOf({}))
    draft.set('value', make())
    let saves = 0
    const saveAll = async () => {
      while (draft.isChanged()) {
        draft.take()
        saves++
        await tick()
      }
    }
    await expect(saveAll()).rejects.toThrow(ERR_VALUE)
    expect(saves).toBeLessThanOrEqual(2)
  })

  test.each(unsteady)('%s, in a response that waits for its save', async (_, make) => {
    const store = new ScriptedStore()
    for (let i = 0; i < 50; i++)
      store.next('update', async call => {
        await tick()
        return call()
      })
    const manager = await newManager(fromRecordStore(store))
    const sid = 'a'.repeat(64)
    const session = await manager.getProvider().sessionRead(sid)
    session.set('value' as never, make() as never)
    const saveAll = async () => {
      for (let i = 0; i < 10; i++) {
        await session.sessionRelease()
        await tick()
      }
    }
    await expect(saveAll()).rejects.toThrow(ERR_VALUE)
    expect(store.calls.filter(call => call !== 'load').length).toBeLessThanOrEqual(2)
    await manager.close()
  })
})

test('an object that is changed in place between saves, again and again, is saved each time', async () => {
  const draft = new Draft(entriesOf({ list: [] }))
  const list = draft.get('list') as number[]
  for (let i = 0; i < 20; i++) {
    list.push(i)
    expect(draft.isChanged()).toBe(true)
    draft.take()
    await tick()
  }
  expect(draft.isChanged()).toBe(false)
})

test('a value of a codec that is steady is saved once', () => {
  const draft = new Draft(entriesOf({}))
  const now = {
    when: new Date(0),
    get sum() {
      return 3
    },
  }
  draft.set('value', now)
  const { operations } = draft.take()
  expect(operations.size).toBe(1)
  expect(draft.isChanged()).toBe(false)
  expect(dataOf(entriesOf({ value: now }))).toEqual({ value: { when: new Date(0), sum: 3 } })
})
