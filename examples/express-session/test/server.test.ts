import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Browser } from '@sess/testkit/adapter'
import { expect, it, onTestFinished } from 'vitest'

// The built server, as `pnpm start` runs it.

const path = fileURLToPath(new URL('../dist/server.js', import.meta.url))

async function start(directory: string): Promise<{ port: number; stop(): Promise<void> }> {
  const server = spawn(process.execPath, [path], {
    env: { ...process.env, PORT: '0', SESSION_DIRECTORY: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(server, 'exit')
  const stop = async () => {
    server.kill()
    await exited
  }
  onTestFinished(stop)
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { port: Number(/localhost:(\d+)/.exec(String(line))?.[1]), stop }
}

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const log = (browser: Browser, password: string) =>
  browser.ask('/login', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `username=astaxie&password=${password}`,
  })

it('counts the visits of each visitor, over a restart', async () => {
  const directory = await newDirectory()
  const { port, stop } = await start(directory)
  const browser = new Browser(port)
  for (const num of [0, 1]) expect(JSON.parse((await browser.ask('/')).body)).toEqual({ num })
  await stop()
  const again = new Browser((await start(directory)).port, browser.visitor)
  expect(JSON.parse((await again.ask('/')).body)).toEqual({ num: 2 })
})

it('logs in and out, with an id that changes', async () => {
  const browser = new Browser((await start(await newDirectory())).port)
  await browser.ask('/')
  const before = browser.copy()
  await log(browser, 'wrong')
  expect((await browser.ask('/login')).body).toContain('<form')
  await log(browser, 'secret')
  expect(JSON.parse((await browser.ask('/login')).body)).toEqual({ username: 'astaxie' })
  expect((await before.ask('/login')).body).toContain('<form')
  const kept = browser.copy()
  await browser.ask('/logout', { method: 'POST' })
  for (const each of [browser, kept]) expect((await each.ask('/login')).body).toContain('<form')
})
