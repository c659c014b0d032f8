// The process of one measurement: `node scale-child.js <task as JSON>`, started with an IPC channel.
import { MemoryStore } from '@sess/core/engine'
import { MapStore } from './scale-map-store.ts'
import { measureMemory } from './scale-memory.ts'
import type { Task } from './scale-process.ts'

const task = JSON.parse(process.argv[2] ?? '') as Task

process.send?.({ figures: await measure() })
process.disconnect?.()

async function measure(): Promise<unknown> {
  if (task.what === 'engine') {
    const { measureEngine } = await import('./scale-engines.ts')
    return (await measureEngine(task.engine, task)) ?? null
  }
  const { store, sessions, seconds } = task
  return measureMemory(
    clock => (store === 'map' ? new MapStore(clock) : new MemoryStore({ clock })),
    sessions,
    seconds,
  )
}
