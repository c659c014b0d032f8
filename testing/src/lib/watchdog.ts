import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'

/**
 * Waits for the end of its input, which comes when the one that started it closes it or dies, however it dies.
 * Then it kills the last process it was told of, that one's children, and removes the directory.
 */
const script = `
trap '' HUP INT TERM
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  children=$(ps -A -o pid= -o ppid= | awk -v parent="$pid" '$2 == parent { print $1 }')
  kill -9 $pid $children 2>/dev/null
fi
tries=0
until rm -rf "$1" 2>/dev/null || [ $tries -ge 50 ]; do tries=$((tries + 1)); sleep 0.1; done
`

/** Cleans up after this process, even if it is killed: one server and its directory. */
export class Watchdog {
  readonly #child: ChildProcess
  readonly #input: Socket
  readonly #ended: Promise<unknown>

  constructor(directory: string) {
    const child = spawn('sh', ['-c', script, 'sh', directory], {
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      // Not in the terminal's group: what Ctrl-C ends has to be cleaned up.
      detached: true,
    })
    this.#child = child
    this.#ended = once(child, 'close')
    this.#input = child.stdin as Socket
    child.unref()
    this.#input.unref()
  }

  /** The process to kill in the end, in place of the one before; `undefined`: none. */
  watch(pid: number | undefined): void {
    this.#input.write(`${pid ?? ''}\n`)
  }

  /** Kills and removes now. */
  async end(): Promise<void> {
    this.#input.end()
    // Somebody waits for it now.
    this.#child.ref()
    await this.#ended
  }
}
