import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type App, startApp } from './app.ts'
import { launchBrowser, noBrowser } from './browser.ts'
import { newVisitor, type Visitor } from './visitor.ts'

describe.skipIf(noBrowser)('the login, in a browser', () => {
  let app: App
  let browser: Browser
  let visitor: Visitor

  beforeAll(async () => {
    ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await app?.stop()
  })
  beforeEach(async () => {
    visitor = await newVisitor(browser, app.url)
  })
  afterEach(async () => {
    expect(visitor.complaints).toEqual([])
    expect(app.stderr()).toBe('')
    await visitor.context.close()
  })

  it('gives no cookie to a visitor who only looks', async () => {
    await visitor.page.goto('/')
    await visitor.page.goto('/races')
    await visitor.page.goto('/')
    expect(await visitor.heading()).toBe('Hello, stranger.')
    expect(await visitor.context.cookies()).toEqual([])
  })

  it('shows the name, and still does after a reload', async () => {
    await visitor.login('Ada Lovelace')
    expect(await visitor.heading()).toBe('Hello, Ada Lovelace.')
    await visitor.page.reload()
    expect(await visitor.heading()).toBe('Hello, Ada Lovelace.')
  })

  it('sends a cookie that scripts cannot read and other sites cannot use', async () => {
    await visitor.login('Ada')
    expect(await visitor.cookie()).toMatchObject({
      domain: 'localhost',
      path: '/',
      httpOnly: true,
      sameSite: 'Lax',
      secure: false,
      expires: -1,
    })
    expect(await visitor.page.evaluate('document.cookie')).toBe('')
  })

  it('takes a new id at login and keeps what the session held', async () => {
    await visitor.page.goto('/counter')
    const before = await visitor.cookie()
    await visitor.login('Ada')
    const after = await visitor.cookie()
    expect(before?.value).toMatch(/^[0-9a-f]{32,}$/)
    expect(after?.value).toMatch(/^[0-9a-f]{32,}$/)
    expect(after?.value).not.toBe(before?.value)
    expect(await visitor.page.getByRole('row', { name: 'visits 1 number' }).count()).toBe(1)

    const thief = await newVisitor(browser, app.url)
    await thief.context.addCookies([{ name: 'gosessionid', value: String(before?.value), url: app.url }])
    await thief.page.goto('/')
    expect(await thief.heading()).toBe('Hello, stranger.')
    await thief.context.close()
  })

  it('does not adopt an id that somebody made up', async () => {
    const planted = { name: 'gosessionid', value: 'f'.repeat(32), url: app.url }
    await visitor.context.addCookies([planted])
    await visitor.login('Ada')
    expect((await visitor.cookie())?.value).not.toBe(planted.value)

    const attacker = await newVisitor(browser, app.url)
    await attacker.context.addCookies([planted])
    await attacker.page.goto('/')
    expect(await attacker.heading()).toBe('Hello, stranger.')
    await attacker.context.close()
  })

  it('ends at logout, for the back button and for a copy of the cookie too', async () => {
    await visitor.login('Ada')
    const cookie = await visitor.cookie()
    await visitor.page.goto('/counter')
    await visitor.page.goto('/')
    await visitor.logout()
    expect(await visitor.cookie()).toBeUndefined()
    await visitor.page.reload()
    expect(await visitor.heading()).toBe('Hello, stranger.')
    await visitor.page.goBack()
    expect(await visitor.heading()).toBe('Hello, stranger.')

    await visitor.context.addCookies([{ name: 'gosessionid', value: String(cookie?.value), url: app.url }])
    await visitor.page.goto('/')
    expect(await visitor.heading()).toBe('Hello, stranger.')
  })

  it('shows a name of markup as a name', async () => {
    const name = '<img src=x> & "co"'
    await visitor.login(name)
    expect(await visitor.heading()).toBe(`Hello, ${name}.`)
    expect(await visitor.page.locator('img').count()).toBe(0)
    expect(await visitor.page.getByRole('row', { name: `username ${name} string` }).count()).toBe(1)
  })

  it('lists what the session holds, by key, value and type', async () => {
    await visitor.page.goto('/counter')
    await visitor.login('Ada')
    const rows = await visitor.page
      .getByRole('table', { name: 'What it holds' })
      .getByRole('row')
      .allInnerTexts()
    const today = new Date().toISOString().slice(0, 4)
    expect(
      rows
        .slice(1)
        .map(row => row.split('\t'))
        .sort(),
    ).toEqual([
      ['loggedInAt', expect.stringMatching(`^${today}-.* UTC$`), 'Date'],
      ['username', 'Ada', 'string'],
      ['visits', '1', 'number'],
    ])
  })

  it('shares one session between two tabs', async () => {
    await visitor.login('Ada')
    const other = await visitor.context.newPage()
    await other.goto('/counter')
    await visitor.page.goto('/counter')
    expect(await visitor.heading()).toBe('2 visits')

    await visitor.page.goto('/')
    await other.goto('/')
    await other.getByRole('button', { name: 'Log out' }).click()
    await other.getByRole('button', { name: 'Log in' }).waitFor()
    // The first tab still shows the old page. It asks when the visitor turns to it again.
    expect(await visitor.heading()).toBe('Hello, Ada.')
    await visitor.page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
    await visitor.page.getByText('This session has ended.').waitFor()
    await visitor.page.getByRole('link', { name: 'Start again' }).click()
    await visitor.page.getByRole('button', { name: 'Log in' }).waitFor()
  })

  it('counts the remaining life down', async () => {
    await visitor.login('Ada')
    const timer = visitor.page.getByRole('timer')
    const seconds = async () => {
      const [minutes, rest] = String(await timer.textContent())
        .split(':')
        .map(Number)
      return Number(minutes) * 60 + Number(rest)
    }
    const first = await seconds()
    expect(first).toBeGreaterThan(3590)
    expect(first).toBeLessThanOrEqual(3600)
    await expect.poll(seconds, { timeout: 5000 }).toBe(first - 2)
  })

  it('goes on counting when the server did not answer for a while', async () => {
    const { page } = visitor
    await page.clock.install()
    await visitor.login('Ada')
    await page.route('**/life', route => route.abort())
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
    await expect.poll(() => visitor.complaints.length).toBe(1)
    expect(visitor.complaints.splice(0)).toEqual(['Failed to load resource: net::ERR_FAILED'])
    await page.unroute('**/life')
    const before = await page.getByRole('timer').textContent()
    await page.clock.runFor(10_000)
    await expect.poll(() => page.getByRole('timer').textContent()).not.toBe(before)
  })
})

describe.skipIf(noBrowser)('a session that ends by itself', () => {
  it('is shown as ended on a page that stayed open', async () => {
    const [app, browser] = await Promise.all([startApp({ SESSION_MAX_LIFETIME: '4' }), launchBrowser()])
    const visitor = await newVisitor(browser, app.url)
    await visitor.login('Ada')
    await visitor.page.getByText('This session has ended.').waitFor()
    expect(await visitor.page.getByRole('timer').textContent()).toBe('0:00')
    await visitor.page.reload()
    expect(await visitor.heading()).toBe('Hello, stranger.')
    expect(visitor.complaints).toEqual([])
    await browser.close()
    await app.stop()
  })
})

describe.skipIf(noBrowser)('the login on the file engine', () => {
  it('survives the server, and the logout does too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sess-login-'))
    const env = { SESSION_PROVIDER: 'file', SESSION_PROVIDER_CONFIG: folder }
    const browser = await launchBrowser()
    let app = await startApp(env)
    const visitor = await newVisitor(browser, app.url)
    const restart = async () => {
      // Not while the page still loads its picture: the browser would complain, and rightly.
      await visitor.page.waitForLoadState('networkidle')
      await app.stop('SIGKILL')
      app = await startApp({ ...env, PORT: app.port })
    }
    await visitor.login('Ada')
    await visitor.page.goto('/counter')

    await restart()
    await visitor.page.goto('/')
    expect(await visitor.heading()).toBe('Hello, Ada.')
    await visitor.page.goto('/counter')
    expect(await visitor.heading()).toBe('2 visits')

    await visitor.page.goto('/')
    const cookie = await visitor.cookie()
    await visitor.logout()
    await restart()
    await visitor.context.addCookies([{ name: 'gosessionid', value: String(cookie?.value), url: app.url }])
    await visitor.page.goto('/')
    expect(await visitor.heading()).toBe('Hello, stranger.')
    expect(visitor.complaints).toEqual([])
    await browser.close()
    await app.stop()
    await rm(folder, { recursive: true })
  })
})
