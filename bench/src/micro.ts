import { operations } from './operations.ts'

export interface MicroResult {
  name: string
  /** For one operation, one value a round. */
  microseconds: number[]
  note?: string
}

/** One operation, and what it is compared with. */
export interface Operation {
  name: string
  run: () => unknown
  note?: string
}

/** How long one operation is repeated in one round, in milliseconds. */
const TURN = 100

/** Every operation in turn, round after round, the first of which warms up. */
export async function runMicro(rounds: number, log: (line: string) => void): Promise<MicroResult[]> {
  const { list, close } = await operations()
  const results = list.map(
    ({ name, note }): MicroResult => ({ name, microseconds: [], ...(note && { note }) }),
  )
  for (let round = 0; round <= rounds; round++) {
    for (const [i, operation] of list.entries()) {
      const microseconds = await time(operation.run)
      if (round > 0) results[i]?.microseconds.push(microseconds)
    }
  }
  await close()
  log(`single operations: ${rounds} rounds`)
  return results
}

/** Keeps results alive, so that no operation is optimised away. */
let kept: unknown

async function time(run: () => unknown): Promise<number> {
  const isAsync = run() instanceof Promise
  let count = 0
  const start = performance.now()
  let elapsed = 0
  for (let batch = 16; elapsed < TURN; batch *= 2) {
    if (isAsync) for (let i = 0; i < batch; i++) kept = await run()
    else for (let i = 0; i < batch; i++) kept = run()
    count += batch
    elapsed = performance.now() - start
  }
  if (kept === time) throw new Error('an operation gave the timer')
  return (elapsed / count) * 1000
}
