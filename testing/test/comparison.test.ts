import { expect, it } from 'vitest'
import { apps } from '../src/comparison/apps.ts'
import { findDifferences } from '../src/comparison/search.ts'
import { newSeed } from '../src/lib/random.ts'

// Random handlers, legal and illegal, are answered with sessions as without. `node testing/dist/comparison/main.js
// --count 1000000` compares more of them.

const COUNT = 21_000

it.each(Object.keys(apps))(
  '%s sends the same bytes with sessions as without, for random handlers',
  async app => {
    const seed = newSeed()
    const { tried, findings } = await findDifferences({
      seed,
      count: COUNT / Object.keys(apps).length,
      apps: [app],
    })
    expect(findings, `SESS_TEST_SEED=${seed}`).toEqual([])
    expect(tried).toBe(COUNT / Object.keys(apps).length)
  },
  300_000,
)
