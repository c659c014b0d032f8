import { openSync, readSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** A turn of the event loop that took long: nobody else had a turn meanwhile. Times in milliseconds. */
export interface Pause {
  /** On the clock of `process.hrtime`, which the trace of the garbage collector has too. */
  start: number
  length: number
  /** So much of it the thread was ready to run and had no processor. 0 where the system does not tell. */
  waiting: number
  /** Processor time of the process meanwhile, all its threads together: none of what a hypervisor gave to others. */
  cpu: number
}

export interface Interval {
  start: number
  length: number
}

/** What the event loop did while a task ran. */
export interface Watched<T> {
  result: T
  milliseconds: number
  turns: number
  /** Those of {@link WORTH_NOTING} or more. */
  pauses: Pause[]
}

const WORTH_NOTING = 0.5

/** Runs a task with a probe beside it that takes a turn of the event loop as soon as it gets one. */
export async function watch<T>(task: () => Promise<T>): Promise<Watched<T>> {
  const pauses: Pause[] = []
  let turns = 0
  let isRunning = true
  let start = now()
  let waited = waitingTime()
  let cpu = cpuTime()
  const probe = () => {
    const [waitedByNow, cpuByNow, end] = [waitingTime(), cpuTime(), now()]
    if (end - start >= WORTH_NOTING)
      pauses.push({ start, length: end - start, waiting: waitedByNow - waited, cpu: cpuByNow - cpu })
    turns++
    start = end
    waited = waitedByNow
    cpu = cpuByNow
    if (isRunning) setImmediate(probe)
  }
  setImmediate(probe)
  const begin = now()
  const result = await task()
  const milliseconds = now() - begin
  // What the last turn took counts too.
  await nextTurn()
  isRunning = false
  await nextTurn()
  return { result, milliseconds, turns, pauses }
}

/** The longest pauses, in milliseconds. */
export interface Longest {
  /** Whatever the reason. */
  all: number
  /** By the garbage collector. */
  collector: number
  /** What is left of a pause without the collector and without the time that others had the processor. */
  ours: number
}

export function longest(pauses: readonly Pause[], collections: readonly Interval[]): Longest {
  const result: Longest = { all: 0, collector: 0, ours: 0 }
  for (const pause of pauses) {
    const collecting = overlap(pause, collections)
    result.all = Math.max(result.all, pause.length)
    result.collector = Math.max(result.collector, collecting)
    result.ours = Math.max(result.ours, Math.min(pause.length - collecting - pause.waiting, pause.cpu))
  }
  return result
}

/** How much of a span intervals cover, that are in the order of their start and may overlap. */
function overlap(span: Interval, intervals: readonly Interval[]): number {
  const end = span.start + span.length
  let covered = 0
  let from = span.start
  for (const interval of intervals) {
    const to = Math.min(interval.start + interval.length, end)
    covered += Math.max(0, to - Math.max(interval.start, from))
    from = Math.max(from, to)
  }
  return covered
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const statistics = openStatistics()
const buffer = Buffer.alloc(128)

/** How long this thread has been kept waiting for a processor so far, in milliseconds: Linux tells. */
function waitingTime(): number {
  if (statistics === undefined) return 0
  const text = buffer.toString('latin1', 0, readSync(statistics, buffer, 0, buffer.length, 0))
  return Number(text.split(' ')[1]) / 1e6
}

function openStatistics(): number | undefined {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
  } catch {
    return undefined
  }
}
