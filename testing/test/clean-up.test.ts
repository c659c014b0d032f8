import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noServer } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { said } from './support/said.ts'

/** Starts servers, says where, and does nothing more. */
const program = `
import { startMariaDB, startPostgres, startRedis } from '${new URL('../dist/index.js', import.meta.url).href}'
const servers = await Promise.all([startMariaDB(), startPostgres(), startRedis()])
servers[1].pause()
console.log(JSON.stringify(servers.map(({ host, port }) => ({ host, port }))))
setInterval(() => {}, 1000)
`

describe.skipIf(await noServer('redis', 'mysql', 'postgres'))('a process that is killed', () => {
  it('leaves no server and no directory behind', async () => {
    const home = await mkdtemp(join(tmpdir(), 'sess-clean-up-'))
    await chmod(home, 0o755)
    onTestFinished(() => rm(home, { recursive: true, force: true }))
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout, 'data')
    expect(await readdir(home)).toHaveLength(3)
    child.kill('SIGKILL')
    for (const address of JSON.parse(String(line)))
      await expect
        .poll(() => said(address).catch(error => error.code), { timeout: 10_000 })
        .toBe('ECONNREFUSED')
    await expect.poll(() => readdir(home), { timeout: 10_000 }).toEqual([])
  })
})
