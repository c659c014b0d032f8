import { onTestFinished } from 'vitest'

/** Takes what nobody catches, in place of the test runner, until the test is over. */
export function uncaught(): { errors: unknown[]; first: Promise<void> } {
  const errors: unknown[] = []
  const runners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const first = new Promise<void>(resolve => {
    process.on('uncaughtException', error => {
      errors.push(error)
      resolve()
    })
  })
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of runners) process.on('uncaughtException', listener)
  })
  return { errors, first }
}
