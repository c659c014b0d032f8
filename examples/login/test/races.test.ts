import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type App, startApp } from './app.ts'
import { launchBrowser, noBrowser } from './browser.ts'
import { newVisitor, type Visitor } from './visitor.ts'

describe.skipIf(noBrowser)('the races, in a browser', () => {
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

  it('keeps a hundred increments of a hundred, where get and set lose some', async () => {
    const { page } = visitor
    await page.goto('/races')
    expect(await page.locator('circle.waiting').count()).toBe(200)
    await page.getByRole('button', { name: 'Send a hundred of each' }).click()
    const result = page.getByRole('status').filter({ hasText: 'kept' })
    expect(await result.textContent()).toMatch(/^update kept 100 of 100; get and set kept \d+\.$/)

    const overwritten = Number(await page.locator('#kept-get-then-set').textContent())
    expect(overwritten).toBeGreaterThan(0)
    expect(overwritten).toBeLessThan(100)
    expect(await page.locator('#picture-update .kept').count()).toBe(100)
    expect(await page.locator('#picture-get-then-set .kept').count()).toBe(overwritten)
    expect(await page.locator('#picture-get-then-set .lost').count()).toBe(100 - overwritten)
    await page.getByRole('img', { name: '100 of 100 increments kept', exact: true }).waitFor()
  })

  it('can be run again, and starts at zero', async () => {
    const { page } = visitor
    await page.goto('/races')
    const kept = page.locator('#kept-update')
    for (let run = 0; run < 2; run++) {
      await page.getByRole('button', { name: 'Send a hundred of each' }).click()
      await expect.poll(() => kept.textContent()).toBe('–')
      await expect.poll(() => kept.textContent(), { timeout: 10_000 }).toBe('100')
    }
  })

  it('leaves a session dead that a slow write outlasts', async () => {
    const { page } = visitor
    await visitor.login('Ada')
    await page.goto('/races')
    await page.getByRole('button', { name: 'Send both' }).click()
    await page.getByText('The slow write was dropped').waitFor()
    expect(await page.locator('#session-state').textContent()).toBe('dead')
    expect(await page.locator('#picture-logout .undead').count()).toBe(0)
    expect(await page.locator('#picture-logout .refused').count()).toBe(1)
    expect(await visitor.cookie()).toBeUndefined()
    await page.goto('/')
    expect(await visitor.heading()).toBe('Hello, stranger.')
  })

  it('says so when the server is gone', async () => {
    const { page } = visitor
    await page.goto('/races')
    await page.route('**/races/start', route => route.abort())
    await page.getByRole('button', { name: 'Send both' }).click()
    await page.getByText('The race stopped').waitFor()
    visitor.complaints.length = 0
  })
})
