import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, runApp, startApp } from './app.ts'

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

describe('the server', () => {
  let app: App
  beforeAll(async () => {
    app = await startApp()
  })
  afterAll(() => app?.stop())

  const post = (path: string, headers: Record<string, string> = {}, body = '') =>
    fetch(app.url + path, { method: 'POST', headers: { ...form, ...headers }, body, redirect: 'manual' })

  async function login(headers: Record<string, string> = {}): Promise<string> {
    const response = await post('/login', headers, 'username=Ada')
    expect(response.status).toBe(303)
    return String(response.headers.getSetCookie()[0]?.split(';')[0])
  }

  it('answers within a second of listening, whatever folder it is started from', async () => {
    const fresh = await startApp({}, tmpdir())
    const began = performance.now()
    const response = await fetch(fresh.url)
    expect(await response.text()).toContain('Hello, stranger.')
    expect(performance.now() - began).toBeLessThan(1000)
    await fresh.stop()
  })

  it('sets no cookie on a request that stores nothing', async () => {
    for (const headers of [
      {},
      { Cookie: `gosessionid=${'0'.repeat(32)}` },
      { Cookie: 'gosessionid=../../etc' },
    ]) {
      const response = await fetch(app.url, { headers })
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie()).toEqual([])
    }
  })

  it('keeps a hundred increments that are all in flight together', async () => {
    const headers = { Cookie: await login() }
    await post('/races/start', headers)
    const answers = await Promise.all(Array.from({ length: 100 }, () => post('/races/update', headers)))
    expect(answers.map(answer => answer.status)).toEqual(Array(100).fill(200))
    const kept = await fetch(`${app.url}/races/kept`, { headers })
    expect(await kept.json()).toMatchObject({ update: 100 })
  })

  it('gives no new cookie to a write that a logout overtook', async () => {
    const headers = { Cookie: await login() }
    const slow = post('/races/slow-write', headers)
    await new Promise(resolve => setTimeout(resolve, 200))
    const logout = await post('/logout', headers)
    expect(logout.headers.getSetCookie()).toEqual([expect.stringMatching(/^gosessionid=;.*Max-Age=0/i)])
    const late = await slow
    expect(await late.json()).toEqual({ alive: false })
    expect(late.headers.getSetCookie()).toEqual([])
  })

  it('leaves the new cookie alone when a request still brings the id from before the login', async () => {
    const visit = await fetch(`${app.url}/counter`)
    const before = String(visit.headers.getSetCookie()[0]?.split(';')[0])
    const after = await login({ Cookie: before })
    expect(after).not.toBe(before)
    for (const [method, path] of [
      ['GET', '/counter'],
      ['POST', '/logout'],
    ]) {
      const late = await fetch(app.url + path, {
        method: String(method),
        headers: { Cookie: before },
        redirect: 'manual',
      })
      expect(late.headers.getSetCookie()).toEqual([])
    }
    const page = await fetch(app.url, { headers: { Cookie: after } })
    expect(await page.text()).toContain('Hello, Ada.')
  })

  it('refuses what another site sends', async () => {
    const foreign = [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site', Origin: app.url },
    ]
    for (const headers of foreign) {
      const response = await post('/login', headers, 'username=Eve')
      expect(response.status).toBe(403)
      expect(response.headers.getSetCookie()).toEqual([])
    }
    await login({ Origin: app.url })
    await login({ Origin: app.url, 'Sec-Fetch-Site': 'same-origin' })
  })

  it('refuses forms that are too long, of unknown length, or no forms', async () => {
    expect((await post('/login', {}, `username=${'a'.repeat(4000)}`)).status).toBe(413)
    expect((await post('/login', { 'Content-Type': 'application/json' }, '{}')).status).toBe(415)
    const body = new Blob(['username=Ada']).stream()
    const chunked: RequestInit & { duplex: 'half' } = { method: 'POST', headers: form, body, duplex: 'half' }
    expect((await fetch(`${app.url}/login`, chunked)).status).toBe(411)
  })

  it('shows the form again, and stores nothing, when the name is no name', async () => {
    for (const name of ['', '%20', 'a'.repeat(41)]) {
      const response = await post('/login', {}, `username=${name}`)
      expect(response.status).toBe(422)
      expect(await response.text()).toContain('A name has 1 to 40 characters.')
      expect(response.headers.getSetCookie()).toEqual([])
    }
  })

  it('sends pages under a strict policy, and keeps them out of caches', async () => {
    const { headers } = await fetch(app.url)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('knows what it does not have', async () => {
    for (const path of ['/nothing', '/login', '/__proto__', '/..%2fpackage.json', '/%']) {
      const response = await fetch(app.url + path)
      expect(response.status).toBe(404)
      expect(await response.text()).toContain('There is no such page.')
    }
    expect((await fetch(app.url, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${app.url}/?from=mail`)).status).toBe(200)
  })

  it('finishes the requests that run when it is told to stop, and ends', async () => {
    const mine = await startApp()
    const socket = connect(Number(mine.port), 'localhost')
    socket.write('POST /races/slow-write HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise(resolve => setTimeout(resolve, 200))
    const ended = mine.stop('SIGTERM')
    expect(await text(socket)).toContain('{"alive":true}')
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('a server that cannot start says why in one line', () => {
  it('names the package of an engine that is not there', async () => {
    const { code, stdout, stderr } = await runApp({ SESSION_PROVIDER: 'nonesuch' })
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^[^\n]*nonesuch[^\n]*\n$/)
  })

  it('names the package of an engine of this project that is not installed', async () => {
    const { code, stderr } = await runApp({ SESSION_PROVIDER: 'couchbase' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^[^\n]*@sess\/couchbase[^\n]*\n$/)
  })

  it('says what is wrong with a lifetime or a config', async () => {
    const lifetime = await runApp({ SESSION_MAX_LIFETIME: 'soon' })
    expect(lifetime).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*maxLifetime[^\n]*\n$/) })
    const config = await runApp({ SESSION_PROVIDER: 'file', SESSION_PROVIDER_CONFIG: '/dev/null/sessions' })
    expect(config).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*\/dev\/null[^\n]*\n$/) })
  })

  it('says which port is in use', async () => {
    const other = createServer().listen(0)
    const address = other.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const { code, stderr } = await runApp({ PORT: port })
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`^Port ${port} is in use[^\n]*\n$`))
    await new Promise(resolve => other.close(resolve))
  })

  it('says what a port is', async () => {
    for (const PORT of ['http', '-1', '70000', '80.5']) {
      expect(await runApp({ PORT })).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^PORT is [^\n]*\n$/),
      })
    }
  })
})
