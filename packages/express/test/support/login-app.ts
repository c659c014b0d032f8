import { createServer } from 'node:http'
import { type AppData, type Manager, newManager } from '@sess/core'
import { sessions } from '@sess/express'
import { Browser, listening } from '@sess/testkit/adapter'
import type { Express, NextFunction, Request, Response } from 'express'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { onTestFinished } from 'vitest'

export interface LoginApp {
  manager: Manager<AppData>
  browser: Browser
  errors: unknown[]
}

/** As the documentation of passport has it, on any Express. */
export async function loginApp(
  createApp: () => Express,
  given?: Manager<AppData>,
  options: { keepSessionInfo?: boolean } = {},
): Promise<LoginApp> {
  const manager = given ?? (await newManager('memory'))
  const errors: unknown[] = []
  const auth = new passport.Passport()
  auth.use(
    new Strategy((username, password, done) => {
      done(null, password === 'secret' ? { username } : false)
    }),
  )
  auth.serializeUser<string>((user, done) => done(null, (user as { username: string }).username))
  auth.deserializeUser<string>((username, done) => done(null, { username }))

  const app = createApp()
  app.use(sessions(manager))
  app.use(auth.session())
  app.get('/cart', (req: Request, res: Response) => {
    req.session.update('cart', (n: unknown = 0) => (n as number) + 1)
    res.send(`${req.session.get('cart')}`)
  })
  app.get('/me', (req: Request, res: Response) => {
    res.json({
      user: (req.user as { username?: string } | undefined)?.username ?? null,
      cart: req.session.get('cart') ?? null,
    })
  })
  app.post(
    '/login',
    auth.authenticate('local', { successRedirect: '/me', failureRedirect: '/login', ...options }),
  )
  app.post('/logout', (req: Request, res: Response, next: NextFunction) => {
    req.logout(options, error => (error ? next(error) : res.redirect('/me')))
  })
  app.post('/end', (req: Request, res: Response, next: NextFunction) => {
    req.session.destroy(error => (error ? next(error) : res.redirect('/me')))
  })
  app.use((error: { status?: number }, _: Request, res: Response, _next: NextFunction) => {
    errors.push(error)
    res.status(error.status ?? 500).send('failed')
  })
  const { port, close } = await listening(createServer(app))
  onTestFinished(async () => {
    await close()
    await manager.close()
  })
  return { manager, browser: new Browser(port), errors }
}
