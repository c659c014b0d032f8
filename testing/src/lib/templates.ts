import { randomBytes } from 'node:crypto'
import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'
import { runDirectory } from './run-directory.ts'

/**
 * Puts a freshly installed data directory at `target`. It takes seconds to make, so one is made for a test run, and
 * copied. Where several make it at once, the first that is ready gives it.
 */
export async function copyTemplate(
  name: string,
  target: string,
  install: (directory: string) => Promise<void>,
): Promise<void> {
  const run = runDirectory()
  if (run === undefined) return install(target)
  const template = join(run, name)
  const isThere = await stat(template).catch(() => undefined)
  if (!isThere) await makeTemplate(template, install)
  await runCommand('cp', ['-a', template, target])
}

async function makeTemplate(template: string, install: (directory: string) => Promise<void>): Promise<void> {
  const draft = `${template}.${randomBytes(8).toString('hex')}`
  await install(draft)
  await rename(draft, template).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    return rm(draft, { recursive: true })
  })
}
