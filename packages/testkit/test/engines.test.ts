import { testEngine } from '@sess/testkit'
import { LeastStore, RemoteStore, SecondsStore } from './support/lesser-stores.ts'
import { mapBackend } from './support/map-store.ts'
import { memory } from './support/memory.ts'
import { ownBackend } from './support/own-provider.ts'
import { sealedBackend } from './support/sealed.ts'

testEngine(memory)
testEngine({ name: 'a record store over a Map', create: ({ clock }) => mapBackend(clock) })
testEngine({
  name: 'a record store that keeps seconds',
  create: ({ clock }) => mapBackend(clock, SecondsStore),
})
testEngine({ name: 'a record store far away', create: ({ clock }) => mapBackend(clock, RemoteStore) })
testEngine({
  name: 'the least record store',
  create: ({ clock }) => ({ connect: mapBackend(clock, LeastStore).connect }),
})
testEngine({ name: 'a provider of the seven methods', create: ({ clock }) => ownBackend(clock) })
testEngine({ name: 'a sealed store with AES-GCM', create: () => sealedBackend() })
