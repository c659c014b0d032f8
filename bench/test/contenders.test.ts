import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noService, service } from '@sess/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../src/contender.ts'
import { type Entry, type Group, groups } from '../src/groups.ts'
import { runGroup, startContender } from '../src/http-bench.ts'
import { connect } from '../src/load.ts'
import type { Server } from '../src/processes.ts'

async function isMissing({ server }: Group): Promise<boolean> {
  return server !== undefined && (await noService(server))
}

// They run in processes of their own, on what is built, as when they are measured.
for (const group of groups) {
  describe.skipIf(await isMissing(group))(group.title, () => {
    const servers = new Map<Entry, Server>()
    let directory: string

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sess-bench-'))
      const { url = '' } = group.server ? await service[group.server]() : {}
      const start = async (entry: Entry) => {
        const setting = { directory: await mkdtemp(join(directory, 'server-')), service: url, size: 300 }
        servers.set(entry, await startContender(entry, setting))
      }
      await Promise.all(group.entries.map(start))
    })
    afterAll(async () => {
      for (const server of servers.values()) server.stop()
      await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    })

    describe.each(group.entries)('$id', entry => {
      it.each(entry.routes ?? routes)('answers /%s rightly to every visitor', async route => {
        const { port } = servers.get(entry) as Server
        const visitors = await connect({ port, route, connections: 4, stateful: entry.kind !== 'bare' })
        // Twice, so that the counters go on where they were.
        for (const requests of [12, 12]) {
          const result = await visitors.run({ requests })
          expect(result.firstError).toBeUndefined()
          expect(result.errors).toBe(0)
          expect(result.requests).toBeGreaterThanOrEqual(12)
        }
        await visitors.verify()
        visitors.close()
      })
    })
  })
}

describe('a run', () => {
  const options = { rounds: 1, seconds: 0.05, directory: tmpdir() }
  const groupOf = (file: string): Group => {
    const module = new URL(file, import.meta.url).href
    return { id: 'test', title: 'Test', entries: [{ id: 'tested', label: 'Tested', kind: 'ours', module }] }
  }
  const run = (group: Group, size = 300) => runGroup(group, { connections: 2, size }, options, () => {})

  it('fails with a contender that answers wrongly', async () => {
    const wrong = run(groupOf('./wrong-contender.mjs'))
    await expect(wrong).rejects.toThrow(
      /^tested: \d+ wrong answers; \/change answered 200 "0" instead of 200 "1"/,
    )
  })

  it('fails with a contender that saves no session', async () => {
    const forgetful = groupOf('./forgetful-contender.mjs')
    const entries = forgetful.entries.map(entry => ({ ...entry, routes: ['login'] as const }))
    await expect(run({ ...forgetful, entries })).rejects.toThrow(
      'tested: /read after /login answered 200 "nobody"',
    )
  })

  it('says who was left out, and why', async () => {
    const cookie = groups.find(({ id }) => id === 'cookie') as Group
    const entries = cookie.entries.filter(({ id }) => ['bare', 'iron-session'].includes(id))
    const { group, skipped, samples } = await run({ ...cookie, entries }, 5000)
    expect(group.entries.map(({ id }) => id)).toEqual(['bare'])
    expect(skipped).toEqual([
      'iron-session: sessions of 5000 bytes do not fit its cookies',
      'Cookie: logins with 5000 bytes',
    ])
    expect([...samples.keys()]).toEqual(['untouched', 'read', 'change'])
  })
})
