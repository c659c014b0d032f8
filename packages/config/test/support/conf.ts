import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSessionError } from '@sess/core'
import { onTestFinished } from 'vitest'

/** A directory of its own for one test. */
export async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-config-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** An app.conf of that text, and the files beside it; gives its path. */
export async function newConf(text: string | Buffer, others: Record<string, string> = {}): Promise<string> {
  const directory = await newDirectory()
  for (const [name, content] of Object.entries({ 'app.conf': text, ...others }))
    await writeFile(join(directory, name), content)
  return join(directory, 'app.conf')
}

/** Sets environment variables for one test. */
export function setEnvironment(variables: Record<string, string>): void {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  onTestFinished(() => {
    for (const name of Object.keys(variables))
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
  })
}

/** The message of the ERR_CONFIG that this ends in. */
export async function configError(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (isSessionError(error, 'ERR_CONFIG')) return error.message
    throw error
  }
  throw new Error('no error')
}
