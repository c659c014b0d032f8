import { expect, it } from 'vitest'
import { apps } from '../src/comparison/apps.ts'
import { findDifferences } from '../src/comparison/search.ts'
import { newSeed } from '../src/lib/random.ts'

// Random handlers, legal and illegal, are answered with sessions as without. `node testing/dist/comparison/main.js
// --count 1000000` compares more of them.

const COUNT = 20_000

// Node 20 itself ends the process now and then when streams of HTTP/2 are cut off, without sessions too: HTTP/2 is
// compared by hand, with `--app http2`.
const names = Object.keys(apps).filter(app => app !== 'http2')

it.each(names)(
  '%s sends the same bytes with sessions as without, for random handlers',
  async app => {
    const seed = newSeed()
    const { tried, findings } = await findDifferences({
      seed,
      count: COUNT / names.length,
      apps: [app],
    })
    expect(findings, `SESS_TEST_SEED=${seed}`).toEqual([])
    expect(tried).toBe(COUNT / names.length)
  },
  300_000,
)
