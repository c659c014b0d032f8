import { newManager } from '@sess/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Opcode, Status } from './support/protocol.ts'
import { contentOf, dataOf, newWorkplace } from './support/workplace.ts'

it.each([
  ['none', 0],
  ['majority', 1],
  ['majorityAndPersistToActive', 2],
  ['persistToMajority', 3],
] as const)('%s is asked for with every write', async (durability, level) => {
  const { store, double, in: inSeconds } = await newWorkplace({ durability })
  const token = await store.create('ab', dataOf(''), inSeconds(60))
  const next = await store.update('ab', dataOf(''), inSeconds(60), token)
  await store.delete('ab', next)
  expect(double.takeSeen().map(seen => [seen.opcode, seen.durability])).toEqual([
    [Opcode.insert, level],
    [Opcode.replace, level],
    [Opcode.remove, level],
  ])
})

it('that cannot be had is an error, and nothing was done', async () => {
  const { store, double, in: inSeconds } = await newWorkplace({ durability: 'majority' })
  const token = await store.create('ab', dataOf('old'), inSeconds(60))
  double.faults.add(Opcode.replace, { refuse: Status.durabilityImpossible })
  await expect(store.update('ab', dataOf('new'), inSeconds(60), token)).rejects.toMatchObject({
    code: 'ERR_BACKEND',
    message: expect.stringContaining("too few nodes up for the 'durability'"),
  })
  expect(contentOf(await store.load('ab'))).toBe('old')
})

describe('a durable write of which the server does not know what became', () => {
  async function countTo(
    what: 'insert' | 'replace',
    misfortune: { misreport: number } | { pending: number },
  ) {
    const { double } = await newWorkplace({ now: Date.now })
    const manager = await newManager('couchbase', { providerConfig: double.url('durability=majority') })
    onTestFinished(() => manager.close())
    const headers = new Headers()
    const session = await manager.sessionStart(new Request('http://localhost/'), headers)
    session.update('n', (n = 0) => (n as number) + 1)
    if (what === 'insert') double.faults.add(Opcode.insert, misfortune)
    await session.sessionRelease()
    if (what === 'replace') double.faults.add(Opcode.replace, misfortune)
    session.update('n', (n = 0) => (n as number) + 1)
    await session.sessionRelease()
    const cookie = (headers.get('set-cookie') as string).split(';')[0] as string
    const request = new Request('http://localhost/', { headers: { cookie } })
    return (await manager.sessionStart(request, new Headers())).get('n')
  }

  it.each(['insert', 'replace'] as const)('and which was done (%s) is done once', async what => {
    expect(await countTo(what, { misreport: Status.syncWriteAmbiguous })).toBe(2)
  })

  it.each(['insert', 'replace'] as const)('and which is done later (%s) is done once', async what => {
    expect(await countTo(what, { pending: 1000 })).toBe(2)
  })
})
