// The kit under node:test, as somebody without vitest has it. Argument: 'whole' or 'broken'.
import { describe, it } from 'node:test'
import { MemoryStore } from '@sess/core/engine'
import { testEngine } from '@sess/testkit'

class Forgetful extends MemoryStore {
  load() {
    return undefined
  }
}

const Store = process.argv[2] === 'broken' ? Forgetful : MemoryStore

testEngine(
  {
    name: 'memory',
    create: ({ clock }) => {
      const store = new Store({ clock })
      return { connect: () => store }
    },
  },
  { describe, it, groups: ['create', 'corruption'] },
)
