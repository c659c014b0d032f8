import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const program = fileURLToPath(new URL('../programs/worker.mjs', import.meta.url))

export interface Worker {
  readonly process: ChildProcess
  /** What it has said until now, by line. */
  readonly lines: string[]
  /** When it says something for the first time. */
  readonly started: Promise<void>
  /** When it has ended, and all it said is in `lines`. Gives the exit code, `null` if it was killed. */
  readonly ended: Promise<number | null>
}

export interface WorkerOptions {
  /** A command that runs the one that follows. */
  readonly under?: readonly string[]
  readonly uid?: number
}

/** Starts a process that does a task of `programs/worker.mjs`. It ends with the test. */
export function startWorker(args: readonly string[], { under = [], uid }: WorkerOptions = {}): Worker {
  const [command, ...rest] = [...under, process.execPath, program, ...args] as [string, ...string[]]
  const child = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid !== undefined && { uid, cwd: '/' }),
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  let rest_ = ''
  child.stdout.setEncoding('utf8')
  const started = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text: string) => {
      const said = (rest_ + text).split('\n')
      rest_ = said.pop() as string
      lines.push(...said)
      resolve()
    })
    child.once('error', reject)
    child.once('close', () => reject(new Error('The worker ended before it said anything')))
  })
  started.catch(() => undefined)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { process: child, lines, started, ended }
}
