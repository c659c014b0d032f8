import { describe, it } from 'vitest'
import { expectCaught } from './adapters/broken.ts'
import { inTheApp } from './adapters/in-the-app.ts'
import { onTheWire } from './adapters/on-the-wire.ts'

describe.concurrent('an adapter is caught in which', () => {
  for (const broken of [...onTheWire, ...inTheApp]) it(broken.name, () => expectCaught(broken), 120_000)
})
