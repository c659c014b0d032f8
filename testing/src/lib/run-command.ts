import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { User } from './daemon.ts'

/** Runs a command to its end. @throws what it said, if it failed */
export async function runCommand(
  command: string,
  args: readonly string[],
  user?: User,
  input = '',
): Promise<void> {
  await run(command, args, user, input)
}

export function commandOutput(command: string, args: readonly string[]): Promise<string> {
  return run(command, args)
}

async function run(command: string, args: readonly string[], user?: User, input = ''): Promise<string> {
  const child = spawn(command, args, { cwd: '/', stdio: 'pipe', ...user })
  // Whoever ends without reading says in the exit code how it went.
  child.stdin.on('error', () => undefined).end(input)
  const code = new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), code])
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${exitCode}\n${stdout}${stderr}`)
  return stdout
}
