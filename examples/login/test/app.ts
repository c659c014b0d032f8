import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const server = fileURLToPath(new URL('../dist/server.js', import.meta.url))

const children = new Set<ChildProcess>()
// What a failed test left running must not outlive its file.
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** The built server as a process of its own. */
export interface App {
  url: string
  port: string
  /** What it has written to stderr so far. */
  stderr(): string
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

function launch(
  env: NodeJS.ProcessEnv,
  cwd?: string,
): { child: ChildProcess; output: Ended; ended: Promise<Ended> } {
  const { SESSION_PROVIDER, SESSION_PROVIDER_CONFIG, SESSION_MAX_LIFETIME, ...inherited } = process.env
  const child = spawn(process.execPath, [server], { env: { ...inherited, PORT: '0', ...env }, cwd })
  children.add(child)
  const output: Ended = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', chunk => (output.stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', chunk => (output.stderr += chunk))
  const ended = once(child, 'close').then(([code]) => {
    children.delete(child)
    return Object.assign(output, { code })
  })
  return { child, output, ended }
}

/** Starts the server on a free port, or on `PORT`, and gives it once it says that it listens. */
export async function startApp(env: NodeJS.ProcessEnv = {}, cwd?: string): Promise<App> {
  const { child, output, ended } = launch(env, cwd)
  const listening = new Promise<string>(resolve => {
    child.stdout?.on('data', () => {
      const url = /^listening on (http:\/\/localhost:\d+)$/m.exec(output.stdout)?.[1]
      if (url) resolve(url)
    })
  })
  const url = await Promise.race([listening, ended])
  if (typeof url !== 'string') throw new Error(`The server did not start: ${url.stderr || 'it said nothing'}`)
  return {
    url,
    port: new URL(url).port,
    stderr: () => output.stderr,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}

/** Runs a server that is expected to give up. */
export function runApp(env: NodeJS.ProcessEnv): Promise<Ended> {
  return launch(env).ended
}
