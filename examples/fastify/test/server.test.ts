import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Browser } from '@sess/testkit/adapter'
import { afterAll, beforeAll, expect, it } from 'vitest'

// The built server, as `pnpm start` runs it.

const path = fileURLToPath(new URL('../dist/server.js', import.meta.url))
let server: ReturnType<typeof spawn>
let port: number

beforeAll(async () => {
  server = spawn(process.execPath, [path], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  port = Number(/localhost:(\d+)/.exec(String(line))?.[1])
})
afterAll(() => {
  server.kill()
})

it('counts the visits of each visitor', async () => {
  const browser = new Browser(port)
  for (const num of [0, 1, 2]) expect(JSON.parse((await browser.ask('/')).body)).toEqual({ num })
  expect(JSON.parse((await new Browser(port).ask('/')).body)).toEqual({ num: 0 })
})

it('logs in and out, with an id that changes', async () => {
  const browser = new Browser(port)
  await browser.ask('/')
  const before = browser.copy()
  expect((await browser.ask('/login')).body).toContain('<form method="post">')
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const redirect = await browser.ask('/login', { method: 'POST', headers, body: 'username=astaxie' })
  expect([redirect.status, redirect.headers.location]).toEqual([302, '/login'])
  expect((await browser.ask('/login')).body).toBe('hello astaxie')
  expect((await before.ask('/login')).body).toContain('<form')
  expect(JSON.parse((await browser.ask('/')).body)).toEqual({ num: 1 })
  await browser.ask('/logout', { method: 'POST' })
  expect(browser.visitor.cookie).toBe('')
  expect((await browser.ask('/login')).body).toContain('<form')
})
