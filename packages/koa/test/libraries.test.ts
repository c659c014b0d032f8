import { createServer } from 'node:http'
import { newManager } from '@sess/core'
import { sessions } from '@sess/koa'
import { Browser, listening } from '@sess/testkit/adapter'
import Koa3 from 'koa'
import { KoaPassport } from 'koa-passport'
import Koa2 from 'koa2'
import { Strategy } from 'passport-local'
import { describe, expect, it, onTestFinished } from 'vitest'

// Libraries that are made for koa-session, as their documentation has them.

const post = { method: 'POST' }

describe.each<[string, typeof Koa3]>([
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
])('on %s', (_, Koa) => {
  it('koa-passport logs in and out, and goes back to where a visitor was', async () => {
    const manager = await newManager('memory')
    const auth = new KoaPassport()
    auth.use(
      new Strategy((username, password, done) =>
        done(null, password === 'secret' ? { username } : false, { message: 'No' }),
      ),
    )
    auth.serializeUser((user, done) => done(null, user))
    auth.deserializeUser<object>((user, done) => done(null, user))
    const app = new Koa()
    app.use(sessions(manager))
    app.use(auth.initialize())
    app.use(auth.session())
    const login = auth.authenticate('local', {
      successReturnToOrRedirect: '/',
      failureRedirect: '/login',
      failureMessage: true,
    })
    app.use(async (ctx, next) => {
      if (ctx.path === '/login' && ctx.method === 'POST') return login(ctx as never, next)
      if (ctx.path === '/secret') ctx.session.returnTo = '/secret'
      if (ctx.path === '/logout') await ctx.logout()
      ctx.body = [ctx.state.user ?? null, ctx.session.messages ?? null]
    })
    const { port, close } = await listening(createServer(app.callback()))
    onTestFinished(async () => {
      await close()
      await manager.close()
    })
    const browser = new Browser(port)
    await browser.ask('/secret')
    const before = browser.copy()
    await browser.ask('/login?username=ann&password=wrong', post)
    expect(JSON.parse((await browser.ask('/')).body)).toEqual([null, ['No']])
    const reply = await browser.ask('/login?username=ann&password=secret', post)
    expect([reply.status, reply.headers.location]).toEqual([302, '/secret'])
    expect(browser.visitor.sid).not.toBe(before.visitor.sid)
    expect(JSON.parse((await browser.ask('/')).body)[0]).toEqual({ username: 'ann' })
    expect(JSON.parse((await before.ask('/')).body)).toEqual([null, null])
    await browser.ask('/logout')
    expect(JSON.parse((await browser.ask('/')).body)[0]).toBe(null)
  })
})
