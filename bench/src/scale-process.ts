import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EngineFigures, EngineOptions } from './scale-engines.ts'
import type { MemoryFigures } from './scale-memory.ts'
import type { Interval } from './scale-pauses.ts'

export type Task = MemoryTask | EngineTask

export interface MemoryTask {
  what: 'memory'
  store: 'memory' | 'map'
  sessions: number
  /** How long requests are served. */
  seconds: number
}

export interface EngineTask extends EngineOptions {
  what: 'engine'
  engine: string
}

/** What was measured, and when the garbage collector stopped the process. */
export interface Measured<Figures> {
  figures: Figures
  collections: Interval[]
}

/** Measures in a process of its own. `null`: there is no such server. */
export async function measure(task: MemoryTask): Promise<Measured<MemoryFigures>>
export async function measure(task: EngineTask): Promise<Measured<EngineFigures | null>>
export async function measure(task: Task): Promise<Measured<unknown>> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-scale-'))
  const [trace, figures] = [join(directory, 'trace.json'), join(directory, 'figures.json')]
  try {
    await runChild(['--trace-event-categories', 'v8', '--trace-event-file-pattern', trace], [figures, task])
    return {
      figures: JSON.parse(await readFile(figures, 'utf8')),
      collections: collectionsIn(await readFile(trace, 'utf8')),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function runChild(flags: string[], [figures, task]: [string, Task]): Promise<void> {
  const script = fileURLToPath(new URL('../dist/scale-child.js', import.meta.url))
  const args = [...flags, script, figures, JSON.stringify(task)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`${script} ${JSON.stringify(task)} ended: ${signal ?? code}`))
    })
  })
}

interface TraceEvent {
  name: string
  /** `'X'` is an event with a duration. */
  ph: string
  /** Microseconds. */
  ts: number
  dur?: number
}

/**
 * When the garbage collector had the main thread, in milliseconds and in order. `PerformanceObserver` leaves out the
 * steps of incremental marking.
 */
function collectionsIn(trace: string): Interval[] {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] }
  return traceEvents
    .filter(({ name, ph }) => ph === 'X' && name.startsWith('V8.GC'))
    .map(({ ts, dur = 0 }) => ({ start: ts / 1000, length: dur / 1000 }))
    .sort((a, b) => a.start - b.start)
}
