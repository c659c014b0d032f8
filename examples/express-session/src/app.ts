import express, { type Express } from 'express'
import session from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'

declare module 'express-session' {
  interface SessionData {
    asta: number
  }
}

const form =
  '<form method="post"><input name="username"><input name="password" type="password"><button>Log in</button></form>'

passport.use(
  new Strategy((username, password, done) => done(null, password === 'secret' ? { username } : false)),
)
passport.serializeUser((user, done) => done(null, user))
passport.deserializeUser<Express.User>((user, done) => done(null, user))

/** A counter, and a login with passport, as they are written for express-session. */
export function createApp(store: session.Store): Express {
  const app = express()
  app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store }))
  app.use(passport.authenticate('session'))

  app.get('/', (req, res) => {
    const num = req.session.asta ?? 0
    req.session.asta = num + 1
    res.json({ num })
  })

  app.get('/login', (req, res) => {
    if (req.user) res.json(req.user)
    else res.send(form)
  })
  app.post(
    '/login',
    express.urlencoded(),
    passport.authenticate('local', { successRedirect: '/login', failureRedirect: '/login' }),
  )
  app.post('/logout', (req, res, next) => {
    req.logout(error => (error ? next(error) : res.redirect('/login')))
  })

  return app
}
