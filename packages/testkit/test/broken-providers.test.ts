import { describe, it } from 'vitest'
import { expectCaught } from './broken/broken.ts'
import { providers } from './broken/providers.ts'
import { seals } from './broken/seals.ts'

describe.concurrent('a provider of the seven methods is caught in which', () => {
  for (const broken of providers) it(broken.subject.name, () => expectCaught(broken), 60_000)
})

describe.concurrent('a sealed store is caught in which', () => {
  for (const broken of seals) it(broken.subject.name, () => expectCaught(broken), 60_000)
})
