import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { chown, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newDirectory } from './directory.ts'
import { type Port, reservePort } from './port.ts'
import { type Address, localhost } from './tcp.ts'
import { waitUntil } from './wait-until.ts'
import { Watchdog } from './watchdog.ts'

/** A server of the test's own. Its data survives all but `close`. */
export interface Server extends Address {
  readonly url: string
  /** Ends it as a power cut would: SIGKILL, with all its processes. */
  kill(): Promise<void>
  /** Ends it as its administrator would. */
  stop(): Promise<void>
  /** Starts it again on the same port, over the same data; stops it first if it runs. */
  restart(): Promise<void>
  /** It goes on to accept connections and says nothing more: SIGSTOP. */
  pause(): void
  resume(): void
  /** Ends it and removes its data. */
  close(): Promise<void>
}

/** How a daemon is run. */
export interface Launch {
  readonly command: string
  args(daemon: Daemon): readonly string[]
  /** Variables of its environment, besides those of this process. */
  env?(daemon: Daemon): Readonly<Record<string, string>>
  /** Whether it answers. */
  isReady(daemon: Daemon): Promise<boolean>
  /** Prepares the data, once. */
  prepare?(daemon: Daemon): Promise<void>
  /** What tells it to end without waiting for its clients. */
  readonly stopSignal?: NodeJS.Signals
  /** Who runs it, in place of the user who runs the tests. */
  readonly user?: User
}

export interface User {
  readonly uid: number
  readonly gid: number
}

/** One server process with a directory and a port of its own. */
export class Daemon {
  readonly host: string = localhost
  readonly port: number
  readonly directory: string
  readonly #launch: Launch
  readonly #port: Port
  readonly #watchdog: Watchdog
  #child: ChildProcess | undefined

  private constructor(launch: Launch, port: Port, directory: string) {
    this.#launch = launch
    this.#port = port
    this.port = port.port
    this.directory = directory
    this.#watchdog = new Watchdog(directory)
  }

  static async start(launch: Launch): Promise<Daemon> {
    const daemon = new Daemon(launch, await reservePort(), await newDirectory())
    try {
      if (launch.user) await chown(daemon.directory, launch.user.uid, launch.user.gid)
      await launch.prepare?.(daemon)
      await daemon.#run()
    } catch (error) {
      await daemon.close()
      throw error
    }
    return daemon
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end(this.#launch.stopSignal ?? 'SIGTERM')
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.#run()
  }

  pause(): void {
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#signal('SIGCONT')
  }

  async close(): Promise<void> {
    await this.#watchdog.end()
    this.#port.release()
  }

  async #run(): Promise<void> {
    const { command, user } = this.#launch
    const log = openSync(join(this.directory, 'log'), 'a')
    // In a group of its own, so that Ctrl-C does not end it under the tests that still clean up.
    const env = { ...process.env, ...this.#launch.env?.(this) }
    const options = { cwd: '/', env, detached: true, stdio: ['ignore', log, log] as const, ...user }
    const child = spawn(command, this.#launch.args(this), { ...options, stdio: [...options.stdio] })
    closeSync(log)
    child.unref()
    this.#child = child
    this.#watchdog.watch(child.pid)
    await waitUntil(`${command} is ready`, () => hasEnded(child) || this.#launch.isReady(this))
    if (hasEnded(child)) throw new Error(`${command} ended:\n${await this.#lastWords()}`)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || hasEnded(child)) return
    const pids = familyOf(child.pid)
    if (signal === 'SIGKILL') this.#signal(signal)
    else {
      child.kill(signal)
      // What is paused hears nothing.
      this.#signal('SIGCONT')
    }
    await waitUntil(`${this.#launch.command} ends`, () => hasEnded(child) && !pids.some(isAlive))
    this.#watchdog.watch(undefined)
  }

  #signal(signal: NodeJS.Signals): void {
    const child = this.#child
    if (child?.pid === undefined || hasEnded(child)) return
    for (const pid of familyOf(child.pid)) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has just ended.
      }
    }
  }

  async #lastWords(): Promise<string> {
    const log = await readFile(join(this.directory, 'log'), 'utf8')
    return log.split('\n').slice(-15).join('\n')
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The process and its children: PostgreSQL has one for each connection. */
function familyOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8' }).split('\n')
  const pairs = lines.map(line => line.trim().split(/\s+/).map(Number))
  return [pid, ...pairs.filter(pair => pair[1] === pid).map(pair => pair[0] as number)]
}
