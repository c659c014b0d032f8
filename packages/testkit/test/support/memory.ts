import { MemoryStore } from '@sess/core/engine'
import type { Subject } from '@sess/testkit'

/** The memory engine: its backend is one store, which every server shares. */
export const memory: Subject = {
  name: 'memory',
  create: ({ clock }) => {
    const store = new MemoryStore({ clock })
    return { connect: () => store }
  },
}
