import type { Browser, BrowserContext, Cookie, Page } from 'playwright-core'

/** A browser profile of its own, with one open tab. */
export interface Visitor {
  context: BrowserContext
  page: Page
  /** What the browser complained about: console errors, exceptions, refusals of the content policy. */
  complaints: string[]
  cookie(): Promise<Cookie | undefined>
  login(name: string): Promise<void>
  logout(): Promise<void>
  heading(): Promise<string | null>
}

export async function newVisitor(browser: Browser, baseURL: string): Promise<Visitor> {
  const context = await browser.newContext({ baseURL })
  context.setDefaultTimeout(10_000)
  const complaints: string[] = []
  context.on('page', page => {
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(String(error)))
  })
  const page = await context.newPage()
  return {
    context,
    page,
    complaints,
    async cookie() {
      return (await context.cookies()).find(({ name }) => name === 'gosessionid')
    },
    async login(name) {
      await page.goto('/')
      await page.getByLabel('Your name').fill(name)
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.getByRole('button', { name: 'Log out' }).waitFor()
    },
    async logout() {
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.getByRole('button', { name: 'Log in' }).waitFor()
    },
    heading: () => page.getByRole('heading', { level: 1 }).textContent(),
  }
}
