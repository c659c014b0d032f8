import { describe, it } from 'vitest'
import { expectCaught } from './broken/broken.ts'
import { housekeeping } from './broken/housekeeping.ts'
import { lifetimes } from './broken/lifetimes.ts'

describe.concurrent('a record store is caught in which', () => {
  for (const broken of [...lifetimes, ...housekeeping])
    it(broken.subject.name, () => expectCaught(broken), 60_000)
})
