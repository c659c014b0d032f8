/**
 * The program of a process that a scenario starts. It does what it is told over the channel to its parent, and ends by
 * itself when that is closed and nothing else keeps it.
 */
import { inspect } from 'node:util'
import { tasks } from './tasks.ts'

/** What was thrown where nobody could catch it. */
const troubles: string[] = []
process.on('unhandledRejection', reason => troubles.push(`unhandledRejection: ${inspect(reason)}`))
process.on('uncaughtException', error => troubles.push(`uncaughtException: ${inspect(error)}`))
process.on('exit', () => {
  for (const trouble of troubles) console.error(trouble)
  if (troubles.length > 0) process.exitCode = 1
})

/** A task that is asked for. */
export interface Call {
  readonly number: number
  readonly task: string
  readonly args: readonly unknown[]
}

/** How it went, and what has gone wrong beside it since the last one. */
export type Reply = { number: number; troubles: string[] } & ({ result: unknown } | { error: string })

process.on('message', async ({ number, task, args }: Call) => {
  const run = tasks[task as keyof typeof tasks] as (...args: readonly unknown[]) => Promise<unknown>
  const outcome = await run(...args).then(
    result => ({ result }),
    (error: unknown) => ({ error: inspect(error) }),
  )
  const reply: Reply = { number, troubles: troubles.splice(0), ...outcome }
  process.send?.(reply)
})
