import { describe, it } from 'vitest'
import { expectCaught } from './broken/broken.ts'
import { reads } from './broken/reads.ts'
import { writes } from './broken/writes.ts'

describe.concurrent('a record store is caught in which', () => {
  for (const broken of [...writes, ...reads]) it(broken.subject.name, () => expectCaught(broken), 60_000)
})
