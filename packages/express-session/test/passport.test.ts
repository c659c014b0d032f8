import express, { type Express } from 'express'
import session from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { describe, expect, it } from 'vitest'
import { browserOf, sessionOf } from './support/app.ts'
import { engines } from './support/stores.ts'

// passport 0.7 and passport-local on express-session, as their documentation has them.

function loginApp(store: session.Store, keepSessionInfo = false): Express {
  const own = new passport.Passport()
  own.use(
    new Strategy((username, password, done) => done(null, password === 'secret' ? { username } : false)),
  )
  own.serializeUser((user, done) => done(null, (user as { username: string }).username))
  own.deserializeUser<string>((username, done) => done(null, { username }))
  const app = express()
  app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store }))
  app.use(own.authenticate('session'))
  app.post(
    '/login',
    own.authenticate('local', { failureRedirect: '/login', successRedirect: '/me', keepSessionInfo }),
  )
  app.post('/logout', (req, res, next) => req.logout(error => (error ? next(error) : res.redirect('/me'))))
  app.get('/me', (req, res) => {
    const { cart = null } = sessionOf(req)
    res.json({ user: (req.user as { username: string } | undefined)?.username ?? null, cart })
  })
  app.get('/cart', (req, res) => {
    sessionOf(req).cart = ['book']
    res.json('done')
  })
  return app
}

const login = '/login?username=astaxie&password=secret'

describe.each(engines)('passport on $name', ({ isMissing, backend }) => {
  async function visit(keepSessionInfo?: boolean) {
    const browser = await browserOf(loginApp(await (await backend()).open(), keepSessionInfo))
    return { browser, post: (path: string) => browser.ask(path, { method: 'POST' }) }
  }
  const nobody = { user: null, cart: null }

  it.skipIf(isMissing)('logs in, remembers, and logs out', async () => {
    const { browser, post } = await visit()
    expect((await post(login)).headers.location).toBe('/me')
    expect(JSON.parse((await browser.ask('/me')).body)).toEqual({ user: 'astaxie', cart: null })
    const kept = browser.copy()
    await post('/logout')
    for (const each of [browser, kept]) expect(JSON.parse((await each.ask('/me')).body)).toEqual(nobody)
  })

  it.skipIf(isMissing)('lets nobody in with a wrong password', async () => {
    const { browser, post } = await visit()
    expect((await post('/login?username=astaxie&password=wrong')).headers.location).toBe('/login')
    expect(JSON.parse((await browser.ask('/me')).body)).toEqual(nobody)
  })

  it.skipIf(isMissing)('gives a new id at login: the one before is dead', async () => {
    const { browser, post } = await visit()
    await browser.ask('/cart')
    const attacker = browser.copy()
    await post(login)
    expect(browser.visitor.cookie).not.toBe(attacker.visitor.cookie)
    expect(JSON.parse((await browser.ask('/me')).body)).toEqual({ user: 'astaxie', cart: null })
    expect(JSON.parse((await attacker.ask('/me')).body)).toEqual(nobody)
  })

  it.skipIf(isMissing)('keeps what the session held with keepSessionInfo', async () => {
    const { browser, post } = await visit(true)
    await browser.ask('/cart')
    const attacker = browser.copy()
    await post(login)
    expect(JSON.parse((await browser.ask('/me')).body)).toEqual({ user: 'astaxie', cart: ['book'] })
    expect(JSON.parse((await attacker.ask('/me')).body)).toEqual(nobody)
  })
})
