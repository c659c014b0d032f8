import { Browser } from '@sess/testkit/adapter'
import flash from 'connect-flash'
import cookieParser from 'cookie-parser'
import { doubleCsrf } from 'csrf-csrf'
import { csrfSync } from 'csrf-sync'
import csurf from 'csurf'
import express, { type Express, type Request, type Response } from 'express'
import { rateLimit } from 'express-rate-limit'
import express4 from 'express4'
import passport from 'passport'
import { Strategy as LocalStrategy } from 'passport-local'
import {
  Strategy as OAuth2Strategy,
  type StrategyOptions,
  type VerifyCallback,
  type VerifyFunction,
} from 'passport-oauth2'
import { describe, expect, it } from 'vitest'
import { libraryApp } from './support/library-app.ts'
import { oauthProvider } from './support/oauth-provider.ts'

// Libraries that are made for express-session, as their documentation has them.

const post = { method: 'POST' }

function authenticator(): passport.Authenticator {
  const auth = new passport.Passport()
  auth.use(
    new LocalStrategy((username, password, done) =>
      done(null, password === 'secret' ? { username } : false, { message: `No account for ${username}` }),
    ),
  )
  auth.serializeUser((user, done) => done(null, user))
  auth.deserializeUser<object>((user, done) => done(null, user))
  return auth
}

describe.each<[string, () => Express]>([
  ['Express 5', express],
  ['Express 4', express4],
])('on %s', (_, createApp) => {
  it('connect-flash keeps the messages of each visitor apart', async () => {
    const browser = await libraryApp(createApp, app => {
      app.use(flash())
      app.get('/leave', (req, res) => void res.json(req.flash('error', 'No account for ann')))
      app.get('/take', (req, res) => void res.json(req.flash('error')))
      app.get('/all', (req, res) => void res.json(req.flash()))
    })
    const stranger = new Browser(browser.port)
    expect((await browser.ask('/leave')).body).toBe('1')
    expect((await browser.ask('/leave')).body).toBe('2')
    expect((await stranger.ask('/take')).body).toBe('[]')
    expect((await browser.ask('/take')).body).toBe('["No account for ann","No account for ann"]')
    expect((await browser.ask('/take')).body).toBe('[]')
    await browser.ask('/leave')
    expect((await browser.ask('/all')).body).toBe('{"error":["No account for ann"]}')
    expect((await browser.ask('/all')).body).toBe('{}')
  })

  it('passport tells failures by flash and by message, and goes back to where a visitor was', async () => {
    const browser = await libraryApp(createApp, app => {
      const auth = authenticator()
      app.use(flash())
      app.use(auth.session())
      app.get('/secret', (req, res) => {
        if (req.isAuthenticated()) return void res.send('secret')
        Object.assign(req.session, { returnTo: req.originalUrl })
        res.redirect('/login')
      })
      app.get('/login', (req, res) => void res.json([req.flash('error'), req.session.messages]))
      app.post(
        '/login',
        auth.authenticate('local', {
          successReturnToOrRedirect: '/',
          failureRedirect: '/login',
          failureFlash: true,
          failureMessage: true,
          keepSessionInfo: true,
        }),
      )
      app.get('/session', (req, res) => void res.json(Object.keys(req.session)))
    })
    await browser.ask('/secret')
    await browser.ask('/login?username=ann&password=wrong', post)
    expect((await browser.ask('/login')).body).toBe('[["No account for ann"],["No account for ann"]]')
    const reply = await browser.ask('/login?username=ann&password=secret', post)
    expect([reply.status, reply.headers.location]).toEqual([302, '/secret'])
    expect((await browser.ask('/secret')).body).toBe('secret')
    expect((await browser.ask('/session')).body).not.toContain('returnTo')
  })

  it.each([
    ['state', { state: true }],
    ['state and PKCE', { state: true, pkce: true }],
  ])('passport-oauth2 keeps its %s in the session', async (_, options) => {
    const provider = await oauthProvider()
    const browser = await libraryApp(createApp, app => {
      const auth = authenticator()
      app.use(auth.session())
      app.use((req, _, next) => {
        auth.use(
          new OAuth2Strategy(
            {
              authorizationURL: `${provider}/authorize`,
              tokenURL: `${provider}/token`,
              clientID: 'app',
              clientSecret: 'secret',
              callbackURL: `http://${req.headers.host}/callback`,
              ...options,
            } as StrategyOptions,
            ((token: string, _refresh: string, _profile: unknown, done: VerifyCallback) =>
              done(null, { token })) as VerifyFunction,
          ),
        )
        next()
      })
      app.get('/login', auth.authenticate('oauth2'))
      app.get(
        '/callback',
        auth.authenticate('oauth2', { failureMessage: true }),
        (req, res) => void res.json(req.user),
      )
    })
    const away = await browser.ask('/login')
    expect(away.status).toBe(302)
    const back = await fetch(away.headers.location as string, { redirect: 'manual' })
    const { pathname, search } = new URL(back.headers.get('location') as string)
    const thief = new Browser(browser.port)
    expect((await thief.ask(pathname + search)).status).toBe(403)
    expect((await browser.ask(`${pathname}${search.replace(/state=[^&]*/, 'state=forged')}`)).status).toBe(
      403,
    )
    const again = await browser.ask('/login')
    const second = await fetch(again.headers.location as string, { redirect: 'manual' })
    const url = new URL(second.headers.get('location') as string)
    expect((await browser.ask(url.pathname + url.search)).body).toBe('{"token":"token"}')
  })

  it('csurf keeps its secret in the session', async () => {
    const browser = await libraryApp(createApp, app => {
      app.use(csurf())
      app.get('/', (req, res) => void res.send((req as unknown as { csrfToken(): string }).csrfToken()))
      app.post('/', (_, res) => void res.send('done'))
    })
    const token = (await browser.ask('/')).body
    const stranger = new Browser(browser.port)
    const headers = { 'csrf-token': token }
    expect((await browser.ask('/', { ...post, headers })).body).toBe('done')
    expect((await browser.ask('/', post)).body).toBe('EBADCSRFTOKEN')
    expect((await stranger.ask('/', { ...post, headers })).body).toBe('EBADCSRFTOKEN')
  })

  it('csrf-sync keeps its token in the session', async () => {
    const { csrfSynchronisedProtection, generateToken } = csrfSync()
    const browser = await libraryApp(createApp, app => {
      app.get('/', (req, res) => void res.send(generateToken(req)))
      app.use(csrfSynchronisedProtection)
      app.post('/', (_, res) => void res.send('done'))
    })
    const headers = { 'x-csrf-token': (await browser.ask('/')).body }
    expect((await browser.ask('/', { ...post, headers })).body).toBe('done')
    expect((await browser.ask('/', post)).status).toBe(403)
  })

  it.each<[string, (req: Request) => string]>([
    ['req.session.id', req => req.session.id],
    ['req.sessionID', req => req.sessionID],
  ])('csrf-csrf binds its token to %s, of a visitor who is new, too', async (_, getSessionIdentifier) => {
    const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
      getSecret: () => 'a secret',
      getSessionIdentifier,
      cookieName: 'csrf',
      cookieOptions: { secure: false },
    })
    const browser = await libraryApp(createApp, app => {
      app.use(cookieParser())
      app.get('/', (req, res) => void res.send(generateCsrfToken(req, res)))
      app.use(doubleCsrfProtection)
      app.post('/', (_, res) => void res.send('done'))
    })
    const headers = { 'x-csrf-token': (await browser.ask('/')).body }
    expect((await browser.ask('/', { ...post, headers })).body).toBe('done')
    expect((await browser.ask('/', post)).status).toBe(403)
  })

  it('express-rate-limit counts by req.session.id', async () => {
    const browser = await libraryApp(createApp, app => {
      app.use(rateLimit({ limit: 1, keyGenerator: req => (req as Request).session.id }))
      app.get('/', (_: Request, res: Response) => void res.send('hello'))
    })
    const other = browser.copy()
    expect((await browser.ask('/')).status).toBe(200)
    expect((await browser.ask('/')).status).toBe(429)
    expect((await other.ask('/')).status).toBe(200)
  })
})
