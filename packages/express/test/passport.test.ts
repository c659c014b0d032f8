import { type AppData, type Manager, newManager } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import type { Browser } from '@sess/testkit/adapter'
import express, { type Express } from 'express'
import express4 from 'express4'
import { describe, expect, it } from 'vitest'
import { loginApp } from './support/login-app.ts'

// passport 0.7 and passport-local, as their documentation has them.

const LOGIN = '/login?username=astaxie&password=secret'
const login = (browser: Browser, path = LOGIN) => browser.open(path, { method: 'POST' })
const me = async (browser: Browser) => JSON.parse((await browser.ask('/me')).body)

/** A manager whose engine fails in one method on demand. */
async function failing() {
  const fails: { method?: string } = {}
  const store = new Proxy(new MemoryStore({ clock: Date }), {
    get: (target, name) => {
      if (name === fails.method) return () => Promise.reject(new Error('down'))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { fails, manager: (await newManager(fromRecordStore(store))) as Manager<AppData> }
}

describe.each<[string, () => Express]>([
  ['Express 5', express],
  ['Express 4', express4],
])('passport on %s', (_, createApp) => {
  it('logs in, remembers, and logs out', async () => {
    const { browser, errors } = await loginApp(createApp)
    expect(await me(browser)).toEqual({ user: null, cart: null })
    const reply = await login(browser)
    expect([reply.status, reply.headers.location, reply.setCookies.length]).toEqual([302, '/me', 1])
    expect(await me(browser)).toEqual({ user: 'astaxie', cart: null })
    const kept = browser.copy()
    await browser.ask('/logout', { method: 'POST' })
    expect(browser.visitor.cookie).toBe('')
    expect(await me(browser)).toEqual({ user: null, cart: null })
    expect(await me(kept)).toEqual({ user: null, cart: null })
    expect(errors).toEqual([])
  })

  it('lets nobody in with a wrong password', async () => {
    const { browser } = await loginApp(createApp)
    const reply = await login(browser, '/login?username=astaxie&password=wrong')
    expect(reply.headers.location).toBe('/login')
    expect(await me(browser)).toEqual({ user: null, cart: null })
  })

  it('gives a new id at login: the one before is dead', async () => {
    const { browser, manager } = await loginApp(createApp)
    await browser.ask('/cart')
    const attacker = browser.copy()
    await login(browser)
    expect(browser.visitor.cookie).not.toBe(attacker.visitor.cookie)
    expect(await me(browser)).toEqual({ user: 'astaxie', cart: null })
    expect(await me(attacker)).toEqual({ user: null, cart: null })
    // Nothing the attacker does brings the old id back to life.
    await attacker.ask('/cart')
    expect(await me(attacker)).toEqual({ user: null, cart: 1 })
    expect(await me(browser)).toEqual({ user: 'astaxie', cart: null })
    expect(await manager.getActiveSession()).toBe(2)
  })

  it('never adopts an id that a visitor brings', async () => {
    const { browser } = await loginApp(createApp)
    browser.visitor.forge('beegosessionID', 'a'.repeat(32))
    await login(browser)
    expect(browser.visitor.sid).not.toBe('a'.repeat(32))
    expect(await me(browser)).toEqual({ user: 'astaxie', cart: null })
  })

  it('keeps the data of the session where keepSessionInfo says so', async () => {
    const { browser } = await loginApp(createApp, undefined, { keepSessionInfo: true })
    await browser.ask('/cart')
    const before = browser.copy()
    await login(browser)
    expect(await me(browser)).toEqual({ user: 'astaxie', cart: 1 })
    expect(await me(before)).toEqual({ user: null, cart: null })
    await browser.ask('/logout', { method: 'POST' })
    expect(await me(browser)).toEqual({ user: null, cart: 1 })
  })

  it('two logins that race both end well, and the id before them is dead', async () => {
    const { browser, errors } = await loginApp(createApp)
    await browser.ask('/cart')
    const before = browser.copy()
    const tabs = [browser.copy(), browser.copy()]
    const replies = await Promise.all(tabs.map(tab => login(tab)))
    expect(replies.map(({ status }) => status)).toEqual([302, 302])
    for (const tab of tabs) expect((await me(tab)).user).toBe('astaxie')
    expect(tabs[0]?.visitor.cookie).not.toBe(tabs[1]?.visitor.cookie)
    expect(await me(before)).toEqual({ user: null, cart: null })
    expect(errors).toEqual([])
  })

  it('session.destroy ends the session', async () => {
    const { browser } = await loginApp(createApp)
    await login(browser)
    const kept = browser.copy()
    await browser.ask('/end', { method: 'POST' })
    expect(await me(browser)).toEqual({ user: null, cart: null })
    expect(await me(kept)).toEqual({ user: null, cart: null })
  })

  it.each(['create', 'delete'] as const)('a login is a 500 when the engine fails to %s', async method => {
    const { fails, manager } = await failing()
    const { browser, errors } = await loginApp(createApp, manager)
    await browser.ask('/cart')
    const before = browser.copy()
    fails.method = method
    const reply = await login(browser)
    expect(reply.status).toBe(500)
    expect(errors).toMatchObject([{ code: 'ERR_BACKEND', status: 500 }])
    delete fails.method
    expect((await me(browser)).user).toBe(null)
    // Until the old session is ended, it is whole.
    expect((await me(before)).cart).toBe(method === 'delete' ? 1 : null)
  })

  it('a logout is a 500 when the engine fails, and the visitor is still logged in', async () => {
    const { fails, manager } = await failing()
    const { browser } = await loginApp(createApp, manager)
    await login(browser)
    fails.method = 'update'
    expect((await browser.ask('/logout', { method: 'POST' })).status).toBe(500)
    delete fails.method
    expect((await me(browser)).user).toBe('astaxie')
  })
})
