import { expect, it } from 'vitest'
import { Lines, type Turn } from '../src/lib/lines.ts'

/** A promise that is kept when told. */
function gate(): { promise: Promise<void>; open(): void } {
  let open = () => {}
  const promise = new Promise<void>(resolve => {
    open = resolve
  })
  return { promise, open: () => open() }
}

it('lets one at a time work on a record, in order, and others on other records', async () => {
  const lines = new Lines()
  const first = gate()
  const done: string[] = []
  const works = [
    lines.join('a', () => first.promise.then(() => void done.push('a1'))),
    lines.join('a', async () => void done.push('a2')),
    lines.join('b', async () => void done.push('b')),
  ]
  await works[2]
  expect(done).toEqual(['b'])
  first.open()
  await Promise.all(works)
  expect(done).toEqual(['b', 'a1', 'a2'])
})

it('goes on after work that failed, and after what is deferred, which the caller does not wait for', async () => {
  const lines = new Lines()
  const [unlock, failed] = [gate(), Promise.reject(new Error('deferred'))]
  const done: string[] = []
  const first = lines.join('a', async turn => {
    turn.defer(failed)
    turn.defer(unlock.promise.then(() => void done.push('unlocked')))
    throw new Error('work')
  })
  const second = lines.join('a', async () => void done.push('second'))
  await expect(first).rejects.toThrow('work')
  expect(done).toEqual([])
  unlock.open()
  await second
  expect(done).toEqual(['unlocked', 'second'])
})

it('knows who was overtaken while they stood in line, and only those', async () => {
  const lines = new Lines()
  const [first, second] = [gate(), gate()]
  const late: Record<string, boolean> = {}
  const write = (token: string) => async (turn: Turn) => turn.leave(token)
  const ask = (name: string, token: string) => async (turn: Turn) => {
    late[name] = turn.isLateWith(token)
  }
  const works = [
    lines.join('a', () => first.promise),
    lines.join('a', write('one')),
    lines.join('a', ask('has read what was there before', 'zero')),
    lines.join('a', ask('has read the same bytes', 'one')),
    lines.join('a', () => second.promise),
  ]
  first.open()
  await works[3]
  // The line is not empty. What was written before joining it says nothing: another process may have been next.
  works.push(lines.join('a', ask('has read what another process wrote', 'two')))
  second.open()
  await Promise.all(works)
  expect(late).toEqual({
    'has read what was there before': true,
    'has read the same bytes': false,
    'has read what another process wrote': false,
  })
})
