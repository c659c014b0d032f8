import { join } from 'node:path'

const variable = 'SESS_TEST_RUN'

/** What the processes of one test run share; `undefined` outside of a run. */
export function runDirectory(): string | undefined {
  return process.env[variable]
}

export function setRunDirectory(directory: string | undefined): void {
  if (directory === undefined) delete process.env[variable]
  else process.env[variable] = directory
}

/** The socket at which the run's main process gives out shared servers. */
export function brokerSocket(directory: string): string {
  return join(directory, 'broker')
}
