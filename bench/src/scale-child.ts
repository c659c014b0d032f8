// The process of one measurement: `node scale-child.js <file for the figures> <task as JSON>`.
import { writeFileSync } from 'node:fs'
import { MemoryStore } from '@sess/core/engine'
import { MapStore } from './scale-map-store.ts'
import { measureMemory } from './scale-memory.ts'
import type { Task } from './scale-process.ts'

const [file, json] = process.argv.slice(2) as [string, string]
const task = JSON.parse(json) as Task

writeFileSync(file, JSON.stringify(await measure()))

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
