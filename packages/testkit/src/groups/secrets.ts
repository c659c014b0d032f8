import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { failBefore } from '../lib/probe.ts'
import type { Rig } from '../lib/rig.ts'
import { type Group, onSession } from '../lib/rule.ts'
import { eventNames, type Server } from '../lib/server.ts'
import type { Visitor } from '../lib/visitor.ts'

/** Everything that can happen to sessions; gives the ids that visitors had meanwhile, and the errors. */
async function live(rig: Rig, server: Server): Promise<{ ids: string[]; errors: unknown[] }> {
  const ids: string[] = []
  const errors: unknown[] = []
  const note = (visitor: Visitor) => {
    if (visitor.sid !== undefined) ids.push(visitor.sid)
  }
  const visitors = [rig.visitor(), rig.visitor(), rig.visitor()]
  for (const visitor of visitors) {
    await visitor.visit(server, session => session.set('name', 'astaxie'))
    note(visitor)
    await visitor.regenerate(server, session => session.set('role', 'admin'))
    note(visitor)
  }
  const [kept, failing, destroyed] = visitors as [Visitor, Visitor, Visitor]
  const late = await destroyed.copy().open(server)
  await destroyed.destroy(server)
  late.session.set('name', 'late')
  await late.end()
  const visit = await failing.open(server)
  visit.session.set('name', 'someone else')
  server.probe.always('*', failBefore)
  await visit.end().catch((error: unknown) => errors.push(error))
  await failing.open(server).catch((error: unknown) => errors.push(error))
  await visit.destroy().catch((error: unknown) => errors.push(error))
  server.probe.reset()
  rig.clock.advance(1_000_000)
  await kept.visit(server)
  assert.ok(errors.length > 1, 'a backend that refuses everything gave no errors')
  return { ids, errors }
}

/** Fails if the text has an id, or the part of one that opens a session. */
function assertNoIds(text: string, ids: readonly string[], where: string): void {
  for (const id of ids)
    for (const secret of [id, id.slice(0, 32)])
      assert.ok(!text.includes(secret), `a raw session id is in ${where}: ${text.slice(0, 300)}`)
}

function show(value: unknown): string {
  return inspect(value, { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null })
}

/** Whoever reads the backend, the logs or the events cannot act as a visitor. */
export const secrets: Group = {
  name: 'secrets',
  rules: [
    onSession(
      'stores no raw id',
      async rig => {
        const { ids } = await live(rig, await rig.server())
        let parts = 0
        for (const part of (await rig.backend.dump?.()) ?? []) {
          const bytes = Buffer.from(part as Uint8Array)
          for (const encoding of ['latin1', 'utf16le'] as const)
            assertNoIds(bytes.toString(encoding), ids, 'the backend')
          for (const id of ids)
            assert.ok(
              !bytes.includes(Buffer.from(id.slice(0, 32), 'hex')),
              'a raw session id is in the backend, as bytes',
            )
          parts++
        }
        assert.ok(parts > 0, 'the dump of a backend that holds sessions is empty')
      },
      'dump',
    ),

    onSession('shows no raw id in errors', async rig => {
      const { ids, errors } = await live(rig, await rig.server())
      for (const error of errors) assertNoIds(show(error), ids, 'an error')
    }),

    onSession('shows no raw id in events', async rig => {
      const published: unknown[] = []
      const listen = (message: unknown) => published.push(message)
      for (const name of eventNames) subscribe(`sess:${name}`, listen)
      try {
        const server = await rig.server()
        const { ids } = await live(rig, server)
        for (const event of [...published, ...server.events]) assertNoIds(show(event), ids, 'an event')
        for (const type of ['created', 'regenerated', 'destroyed', 'saveError'] as const)
          assert.ok(server.told(type).length > 0, `nothing was told of '${type}'`)
        assert.ok(published.length > 0, 'nothing was published')
      } finally {
        for (const name of eventNames) unsubscribe(`sess:${name}`, listen)
      }
    }),
  ],
}
