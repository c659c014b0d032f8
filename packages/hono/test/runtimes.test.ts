import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Browser } from '@sess/testkit/adapter'
import { describe, expect, it, onTestFinished } from 'vitest'

// The built packages on other runtimes, where these are installed: `bun` and `deno` on the PATH.

const app = fileURLToPath(new URL('support/runtime-app.ts', import.meta.url))

const isThere = (command: string): boolean => spawnSync(command, ['--version']).status === 0

async function start(command: string, args: readonly string[]): Promise<Browser> {
  const server = spawn(command, [...args, app], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void server.kill())
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  return new Browser(Number(/port (\d+)/.exec(String(line))?.[1]))
}

describe.each([
  ['bun', ['run']],
  ['deno', ['run', '--allow-all']],
])('on %s', (command, args) => {
  it('counts, logs in and out, loses no update', async ({ skip }) => {
    skip(!isThere(command), `${command} is not on the PATH`)
    const browser = await start(command, args)
    expect((await browser.ask('/')).body).toBe('1')
    await Promise.all(Array.from({ length: 20 }, () => browser.ask('/')))
    expect((await browser.ask('/')).body).toBe('22')
    const before = browser.copy()
    const login = await browser.ask('/login', { method: 'POST' })
    expect([login.status, login.setCookies.length]).toEqual([302, 1])
    expect((await browser.ask('/me')).body).toBe('astaxie')
    expect((await before.ask('/me')).body).toBe('nobody')
    const stream = await new Browser(browser.port).ask('/stream')
    expect([stream.body, stream.setCookies.length]).toEqual(['done', 1])
    const kept = browser.copy()
    await browser.ask('/logout', { method: 'POST' })
    expect(browser.visitor.cookie).toBe('')
    expect((await kept.ask('/me')).body).toBe('nobody')
  })
})
