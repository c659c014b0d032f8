import { describe, it } from 'vitest'
import { expectCaught } from './adapters/broken.ts'
import { loads } from './adapters/loads.ts'

describe.concurrent('an adapter is caught in which', () => {
  for (const broken of loads) it(broken.name, () => expectCaught(broken), 120_000)
})
