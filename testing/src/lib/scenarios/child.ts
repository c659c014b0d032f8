import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Call, Reply } from '../worker/main.ts'
import type { Tasks } from '../worker/tasks.ts'

/** The built one, whoever asks: from `src/` and from `dist/` the way is the same. */
const program = fileURLToPath(new URL('../../../dist/lib/worker/main.js', import.meta.url))

type Result<Task extends keyof Tasks> = Awaited<ReturnType<Tasks[Task]>>

/** A process of its own, on the built packages. */
export class Child {
  readonly #process: ChildProcess
  readonly #calls = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #lastNumber = 0

  constructor() {
    this.#process = fork(program, { execArgv: ['--enable-source-maps'] })
    this.#process.on('message', reply => this.#receive(reply as Reply))
    this.#process.once('close', (code, signal) => {
      for (const { reject } of this.#calls.values()) reject(new Error(`The process ended: ${code ?? signal}`))
    })
  }

  /** @throws what the task threw, and whatever else nobody caught in that process */
  call<Task extends keyof Tasks>(task: Task, ...args: Parameters<Tasks[Task]>): Promise<Result<Task>> {
    return new Promise((resolve, reject) => {
      const number = ++this.#lastNumber
      this.#calls.set(number, { resolve: result => resolve(result as Result<Task>), reject })
      const call: Call = { number, task, args }
      this.#process.send(call, error => {
        if (error) reject(error)
      })
    })
  }

  /** Whether it ends by itself and in order, which it does unless something is left open. */
  async endsByItself(): Promise<boolean> {
    // Not 'close', which a process whose channel was closed from here does not have.
    const ended = once(this.#process, 'exit').then(([code]) => code === 0)
    this.#process.disconnect()
    return Promise.race([ended, sleep(3000, false)])
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  #receive(reply: Reply): void {
    const call = this.#calls.get(reply.number)
    this.#calls.delete(reply.number)
    if ('error' in reply) call?.reject(new Error(reply.error))
    else if (reply.troubles.length > 0) call?.reject(new Error(reply.troubles.join('\n')))
    else call?.resolve(reply.result)
  }
}
