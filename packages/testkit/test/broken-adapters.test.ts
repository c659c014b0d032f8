import { describe, it } from 'vitest'
import { expectCaught } from './adapters/broken.ts'
import { changes } from './adapters/changes.ts'
import { onTheWire } from './adapters/on-the-wire.ts'

describe.concurrent('an adapter is caught in which', () => {
  for (const broken of [...onTheWire, ...changes]) it(broken.name, () => expectCaught(broken), 120_000)
})
