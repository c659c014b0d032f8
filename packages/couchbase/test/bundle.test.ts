import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { expect, it, onTestFinished } from 'vitest'

const builtOf = (name: string) => fileURLToPath(new URL(`../../${name}/dist/index.js`, import.meta.url))
const modules = fileURLToPath(new URL('../node_modules', import.meta.url))

/** A server with the engine in one bundle, that says how its start fails. */
async function bundle(format: 'esm' | 'cjs', external: string[], minify: boolean): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-bundle-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const entry = join(directory, 'entry.mjs')
  await writeFile(
    entry,
    `import { newManager } from ${JSON.stringify(builtOf('core'))}
import { couchbase } from ${JSON.stringify(builtOf('couchbase'))}
const providerConfig = 'couchbase://app:secret@127.0.0.1:1/sessions'
newManager(couchbase, { providerConfig, timeout: 200 }).catch(error => {
  console.log(JSON.stringify({ name: error.name, code: error.code, message: error.message, cause: String(error.cause) }))
  process.exit()
})`,
  )
  const build = await rolldown({ input: entry, platform: 'node', external, logLevel: 'silent' })
  const extension = format === 'esm' ? 'mjs' : 'cjs'
  const names = { entryFileNames: `server.${extension}`, chunkFileNames: `[name].${extension}` }
  const dir = join(directory, 'dist')
  await build.write({ dir, format, minify, ...names })
  await build.close()
  if (external.length > 0) await symlink(modules, join(directory, 'node_modules'))
  return join(dir, `server.${extension}`)
}

async function start(file: string): Promise<{ name: string; code: string; message: string; cause: string }> {
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  return JSON.parse(stdout)
}

it.each([
  ['esm', false],
  ['esm', true],
  ['cjs', false],
  ['cjs', true],
] as const)('says to leave the SDK out of a bundle: %s, minified %j', async (format, minify) => {
  const error = await start(await bundle(format, [], minify))
  expect(error).toMatchObject({ name: 'SessionError', code: 'ERR_CONFIG' })
  expect(error.message).toMatch(/In a bundle: leave 'couchbase' out of it \(external: \['couchbase'\]\)/)
  expect(error.cause).toMatch(/Could not find native build|__filename is not defined|Dynamic require/)
})

it.each(['esm', 'cjs'] as const)('works where the SDK is left out of the bundle: %s', async format => {
  const error = await start(await bundle(format, ['couchbase'], true))
  expect(error.code).toMatch(/^ERR_(BACKEND|TIMEOUT)$/)
})
