import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runChecks, testEngine } from '@sess/testkit'
import { describe, expect, it } from 'vitest'
import { MapStore, mapBackend } from './support/map-store.ts'
import { memory } from './support/memory.ts'

describe('testEngine', () => {
  it('registers a test for each rule, with the functions that it is given', async () => {
    const titles: string[] = []
    const tests = new Map<string, (context: { skip(why?: string): void }) => Promise<void>>()
    testEngine(memory, {
      groups: ['create', 'outage'],
      describe: (name, define) => {
        titles.push(name)
        define()
      },
      it: (name, test) => tests.set(name, test),
    })
    expect(titles).toEqual(['memory', 'create', 'outage'])
    const skipped: (string | undefined)[] = []
    for (const test of tests.values()) await test({ skip: why => skipped.push(why) })
    expect(tests.size).toBeGreaterThan(6)
    expect(skipped).toEqual(Array(2).fill('the subject gives no way to take its backend down'))
  })

  it('runs under node:test', () => {
    const run = (engine: string) => {
      const program = fileURLToPath(new URL('programs/node-test.mjs', import.meta.url))
      const { VITEST: _, NODE_OPTIONS: __, ...env } = process.env
      return spawnSync(process.execPath, [program, engine], { env, encoding: 'utf8' })
    }
    const whole = run('whole')
    expect(whole.stdout).toContain('# fail 0')
    expect(whole.stdout).toMatch(/# skipped [1-9]/)
    expect(whole.status).toBe(0)
    const broken = run('broken')
    expect(broken.stdout).toMatch(/# fail [1-9]/)
    expect(broken.stdout).toContain('the record is absent')
    expect(broken.status).toBe(1)
  })
})

describe('runChecks', () => {
  it('says how each check went, and why one was left out', async () => {
    const results = await runChecks(memory, { groups: ['corruption', 'count'] })
    expect(new Set(results.map(each => each.group))).toEqual(new Set(['corruption', 'count']))
    for (const { group, outcome, why, error } of results) {
      expect(outcome).toBe(group === 'count' ? 'passed' : 'left out')
      expect(why).toBe(group === 'count' ? undefined : 'the subject gives no way to tamper with its backend')
      expect(error).toBeUndefined()
    }
  })

  it('gives what a failed check threw', async () => {
    class Forgetful extends MapStore {
      override async load(): Promise<undefined> {
        return undefined
      }
    }
    const subject = {
      name: 'forgetful',
      create: ({ clock }) => mapBackend(clock, Forgetful),
    } satisfies typeof memory
    const results = await runChecks(subject, { groups: ['create'] })
    const failed = results.find(
      each => each.name === 'stores the very bytes, of every value and of any length',
    )
    expect(failed?.outcome).toBe('failed')
    expect(String(failed?.error)).toContain('the record is absent')
  })

  it('refuses the name of a group that there is not', async () => {
    await expect(runChecks(memory, { groups: ['creat'] })).rejects.toThrow(
      "There is no group 'creat'; there are create, load",
    )
  })

  it('rejects when there is no engine to run them on', async () => {
    const subject = { name: 'absent', create: () => Promise.reject(new Error('no such server')) }
    await expect(runChecks(subject, { groups: ['create'] })).rejects.toThrow('no such server')
  })
})
