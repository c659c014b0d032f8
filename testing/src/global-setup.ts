/**
 * For `globalSetup` of vitest: what the tests of a run share.
 *
 * @module
 */
import { chmod } from 'node:fs/promises'
import { startBroker } from './lib/broker.ts'
import { newDirectory } from './lib/directory.ts'
import { runDirectory, setRunDirectory } from './lib/run-directory.ts'
import { Watchdog } from './lib/watchdog.ts'

/** Nothing is started before a test asks for it. Gives what ends it all. */
export async function setup(): Promise<() => Promise<void>> {
  // A run within a run, as each of the mutants is: the servers are the outer one's.
  if (runDirectory() !== undefined) return async () => {}
  const directory = await newDirectory()
  // PostgreSQL's own user passes through.
  await chmod(directory, 0o711)
  const watchdog = new Watchdog(directory)
  const broker = await startBroker(directory)
  setRunDirectory(directory)
  return async () => {
    setRunDirectory(undefined)
    await broker.close()
    await watchdog.end()
  }
}
