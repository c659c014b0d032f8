import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noService, service } from '@sess/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../src/contender.ts'
import { type Group, groups } from '../src/groups.ts'
import { runGroup, startContender } from '../src/http-bench.ts'
import { connect } from '../src/load.ts'
import type { Server } from '../src/processes.ts'

async function isMissing({ server }: Group): Promise<boolean> {
  return server !== undefined && (await noService(server))
}

// They run in processes of their own, on what is built, as when they are measured.
for (const group of groups) {
  describe.skipIf(await isMissing(group))(group.title, () => {
    describe.each(group.entries)('$id', entry => {
      let directory: string
      let server: Server

      beforeAll(async () => {
        directory = await mkdtemp(join(tmpdir(), 'sess-bench-'))
        const { url = '' } = group.server ? await service[group.server]() : {}
        server = await startContender(entry, { directory, service: url, size: 300 })
      })
      afterAll(async () => {
        server.stop()
        await rm(directory, { recursive: true, force: true, maxRetries: 3 })
      })

      it.each(entry.routes ?? routes)('answers /%s rightly to every visitor', async route => {
        const target = { port: server.port, route, connections: 4, stateful: entry.kind !== 'bare' }
        const visitors = await connect(target)
        // Twice, so that the counters go on where they were.
        for (const seconds of [0.03, 0.03]) {
          const result = await visitors.run(seconds)
          expect(result.firstError).toBeUndefined()
          expect(result.errors).toBe(0)
          expect(result.requests).toBeGreaterThanOrEqual(4)
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
      /^tested: \d+ wrong answers; \/change answered 200 "1" instead of 200 "2"/,
    )
  })

  it('fails with a contender that saves no session', async () => {
    await expect(run(groupOf('./forgetful-contender.mjs'))).rejects.toThrow()
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
