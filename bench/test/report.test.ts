import { describe, expect, it } from 'vitest'
import { chart } from '../src/chart.ts'
import type { Route } from '../src/contender.ts'
import { groups } from '../src/groups.ts'
import type { GroupResult, Sample } from '../src/http-bench.ts'
import { groupTable } from '../src/http-table.ts'
import { plan } from '../src/plan.ts'
import { ratio } from '../src/ratios.ts'
import { report } from '../src/report.ts'
import { freshData } from '../src/session-data.ts'
import { isMet, isNoisy, measuredTargets, targets } from '../src/targets.ts'

function sample(requestsPerSecond: number, cpuPerRequest = 1e6 / requestsPerSecond): Sample {
  const result = { requests: 1, seconds: 1, errors: 0, p50: 1, p99: 2, busy: 0.5 }
  return { ...result, requestsPerSecond, cpuPerRequest }
}

/** What was measured of a group: by contender its requests per second, round by round. */
function resultOf(id: string, route: Route, rates: Record<string, number[]>): GroupResult {
  const group = groups.find(group => group.id === id)
  if (!group) throw new Error(`no group ${id}`)
  const samples = Object.entries(rates).map(([id, own]) => [id, own.map(rate => sample(rate))] as const)
  return {
    group,
    scenario: { connections: 32, size: 300 },
    samples: new Map([[route, new Map(samples)]]),
    allocated: new Map([[route, new Map(Object.keys(rates).map(id => [id, 12_345]))]]),
    skipped: [],
  }
}

describe('a ratio', () => {
  it('is taken round by round', () => {
    const result = resultOf('redis', 'read', { 'sess-redis': [90, 10, 300], 'driver-redis': [100, 20, 400] })
    const measured = ratio(result, 'read', 'sess-redis', 'driver-redis')
    expect(measured).toMatchObject({ median: 0.75, least: 0.5, most: 0.9 })
    expect(measured?.byCpu).toBeCloseTo(0.75)
  })

  it('is none where one did not take part', () => {
    const result = resultOf('redis', 'read', { 'sess-redis': [90] })
    expect(ratio(result, 'read', 'sess-redis', 'driver-redis')).toBeUndefined()
    expect(ratio(result, 'change', 'sess-redis', 'sess-redis')).toBeUndefined()
  })
})

describe('a target', () => {
  const verdict = (ours: number[]) => {
    const driver = ours.map(() => 100)
    const [target] = measuredTargets([
      resultOf('redis', 'read', { 'sess-redis': ours, 'driver-redis': driver }),
    ])
    return target && [isMet(target), isNoisy(target)]
  }

  it('is met or missed by the median, and noisy if the rounds differ', () => {
    expect(verdict([85, 86, 87])).toEqual([true, false])
    expect(verdict([82, 83, 84])).toEqual([false, false])
    expect(verdict([80, 86, 87])).toEqual([true, true])
    expect(verdict([80, 81, 87])).toEqual([false, true])
  })

  it('names contenders that there are, on routes that they are measured on', () => {
    const everything = groups.map(({ id }) => {
      const all = (route: Route) => {
        const entries = groups.find(group => group.id === id)?.entries ?? []
        const measured = entries.filter(({ routes }) => routes?.includes(route) !== false)
        return resultOf(id, route, Object.fromEntries(measured.map(({ id }) => [id, [1]])))
      }
      return (['untouched', 'read', 'change'] as const).map(all)
    })
    expect(measuredTargets(everything.flat())).toHaveLength(targets.length)
  })
})

describe('the report', () => {
  const redis = resultOf('redis', 'read', {
    bare: [400, 400, 400],
    'driver-redis': [200, 200, 200],
    'sess-redis': [100, 110, 90],
    'express-redis': [50, 50, 50],
  })

  it('has a row for everyone, with all ratios', () => {
    expect(groupTable(redis, 'read').split('\n').slice(2)).toEqual([
      '| node:http, no session | 400 | ± 0 % | 100 % |  |  | 2500.0 | 12.3 | 1.00 | 2.00 |',
      '| ioredis | 200 | ± 0 % | 50 % | 100 % |  | 5000.0 | 12.3 | 1.00 | 2.00 |',
      '| @sess/redis | 100 | ± 10 % | 25 % | 50 % |  | 10000.0 | 12.3 | 1.00 | 2.00 |',
      '| express-session, connect-redis | 50 | ± 0 % | 13 % | 25 % | 2.00 × | 20000.0 | 12.3 | 1.00 | 2.00 |',
    ])
  })

  it('says what was missed, what was left out, and on which versions', () => {
    const text = report('the command', [{ ...redis, server: 'Redis 7', skipped: ['someone: too large'] }], [])
    expect(text).toContain('- Command: `the command`')
    expect(text).toMatch(/- Versions: Node [\d.]+, Redis 7, .*express-session \d+\.\d+\.\d+/)
    expect(text).toContain(
      '| @sess/redis ÷ ioredis | read | 0.85 | **0.50** | 0.45–0.55 | 0.50 | **missed** |',
    )
    expect(text).toContain('- someone: too large')
  })

  it('has a bar for everyone in its chart, as long as it is fast', () => {
    const bars = [...chart([redis]).matchAll(/<rect class="(\w+)" .*width="([\d.]+)"/g)]
    expect(bars.map(([, kind]) => kind)).toEqual(['bare', 'driver', 'ours', 'peer'])
    const [bare, driver, ours, peer] = bars.map(([, , width]) => Number(width)) as [
      number,
      number,
      number,
      number,
    ]
    expect([driver / bare, ours / bare, peer / bare].map(part => part.toFixed(2))).toEqual([
      '0.50',
      '0.25',
      '0.13',
    ])
  })
})

describe('the plan', () => {
  const names = (only: string[]) =>
    plan(groups, { only: new Set(only), scenarios: [{ connections: 1, size: 300 }] }).map(({ group }) => [
      group.id,
      group.entries.map(({ id }) => id),
    ])

  it('has groups, and contenders beside the bare server', () => {
    expect(names(['koa', 'sess-redis'])).toEqual([
      ['redis', ['bare', 'sess-redis']],
      ['koa', ['bare-koa', 'sess-koa', 'koa-session']],
    ])
  })

  it('is everything once, and a few under other conditions, if nothing is asked for', () => {
    const tasks = plan(groups, { only: new Set(), scenarios: undefined })
    const usual = tasks.filter(({ scenario }) => scenario.connections === 32 && scenario.size === 300)
    expect(usual.map(({ group }) => group)).toEqual(groups)
    const others = tasks
      .slice(usual.length)
      .map(({ group, scenario }) => [group.id, ...Object.values(scenario)])
    expect(others).toEqual(
      ['memory', 'redis'].flatMap(id => [
        [id, 32, 4096],
        [id, 32, 65_536],
        [id, 256, 300],
      ]),
    )
  })
})

it.each([300, 4096, 65_536])('a session of %i bytes has about so many', size => {
  const { length } = JSON.stringify(freshData(size))
  expect(length).toBeGreaterThan(size - 50)
  expect(length).toBeLessThanOrEqual(size)
})
