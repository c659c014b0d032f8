import { testEngine } from '@sess/testkit'
import { mapBackend } from './support/map-store.ts'
import { memory } from './support/memory.ts'
import { ownBackend } from './support/own-provider.ts'
import { sealedBackend } from './support/sealed.ts'

testEngine(memory)
testEngine({ name: 'a record store over a Map', create: ({ clock }) => mapBackend(clock) })
testEngine({ name: 'a provider of the seven methods', create: ({ clock }) => ownBackend(clock) })
testEngine({ name: 'a sealed store with AES-GCM', create: () => sealedBackend() })
