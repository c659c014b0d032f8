import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Setting } from './contender.ts'
import type { Limit, LoadResult, LoadTarget } from './load.ts'

/** Servers on one core and the load generator on another, where the system can do that. */
export const pinned: boolean = cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** A Node process of ours that answers each message with one message. */
class Child {
  readonly #process: ChildProcess
  #failed: Error | undefined

  /** `core` is the one it may run on; any if left out. */
  constructor(script: string, args: string[], core?: number) {
    // Their scripts are what is built, from wherever this module is imported.
    const command = [process.execPath, fileURLToPath(new URL(`../dist/${script}`, import.meta.url)), ...args]
    if (pinned && core !== undefined) command.unshift('taskset', '-c', String(core))
    const [file, ...rest] = command as [string, ...string[]]
    this.#process = spawn(file, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#process.once('exit', (code, signal) => {
      this.#failed = new Error(`${script} ${args[0] ?? ''} ended: ${signal ?? code}`)
    })
  }

  receive<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed)
      const onExit = () => reject(this.#failed)
      this.#process.once('exit', onExit)
      this.#process.once('message', message => {
        this.#process.off('exit', onExit)
        resolve(message as T)
      })
    })
  }

  ask<T>(message: object | string): Promise<T> {
    const answer = this.receive<T>()
    this.#process.send(message)
    return answer
  }

  stop(): void {
    this.#process.removeAllListeners('exit')
    this.#process.kill()
  }
}

/** What a server has used so far. */
export interface Usage {
  /** Processor time of all its threads. */
  cpuSeconds: number
  /** The heap of JavaScript, with its garbage. */
  heapBytes: number
}

export interface Server {
  port: number
  usage(): Promise<Usage>
  stop(): void
}

/** What a contender's process is told. */
export interface ServerSetting extends Omit<Setting, 'data'> {
  /** Of a session, in bytes as JSON. */
  size: number
}

/** `module` is a contender's name, or the URL of a module. */
export async function startServer(module: string, setting: ServerSetting, core?: number): Promise<Server> {
  const url = URL.canParse(module) ? module : new URL(`../dist/contenders/${module}.js`, import.meta.url).href
  const child = new Child('server.js', [url, JSON.stringify(setting)], core)
  const { port } = await child.receive<{ port: number }>()
  return {
    port,
    stop: () => child.stop(),
    usage: () => child.ask<Usage>('usage'),
  }
}

export interface LoadGenerator {
  open(target: LoadTarget): Promise<void>
  run(limit: Limit): Promise<LoadResult>
  /** @throws if the last logins have left no sessions behind */
  verify(): Promise<void>
  close(): Promise<void>
  stop(): void
}

export function startLoadGenerator(): LoadGenerator {
  const child = new Child('load-process.js', [], 1)
  const ask = async (message: object | string): Promise<{ result?: LoadResult }> => {
    const answer = await child.ask<{ error?: string; result?: LoadResult }>(message)
    if (answer.error) throw new Error(answer.error)
    return answer
  }
  return {
    open: async target => void (await ask({ open: target })),
    run: async limit => (await ask(limit)).result as LoadResult,
    verify: async () => void (await ask('verify')),
    close: async () => void (await ask('close')),
    stop: () => child.stop(),
  }
}
