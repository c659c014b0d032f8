import type { Manager, Session } from '@sess/core'
import type { Html } from '../html.ts'
import { type Routes, readForm, redirect, sendJson, sendPage } from '../http.ts'
import type { Settings, Visitor } from '../sessions.ts'
import { homePage } from '../views/home.ts'

const longestName = 40

export function loginRoutes(sessions: Manager<Visitor>, settings: Settings): Routes {
  const home = (sess: Session<Visitor>, problem?: string): Html =>
    homePage(sess, { settings, recordId: sessions.storageID(sess.sessionID()), problem })

  return {
    'GET /': async (req, res) => {
      const sess = await sessions.sessionStart(req, res)
      sendPage(res, home(sess))
    },

    'POST /login': async (req, res) => {
      const username = (await readForm(req)).get('username')?.trim() ?? ''
      if (username === '' || username.length > longestName) {
        const sess = await sessions.sessionStart(req, res)
        return sendPage(res, home(sess, `A name has 1 to ${longestName} characters.`), 422)
      }
      // A new id for a new role: whoever planted or saw the old one has nothing.
      const sess = await sessions.sessionRegenerateId(req, res)
      sess.set('username', username)
      sess.set('loggedInAt', new Date())
      redirect(res, '/')
    },

    'POST /logout': async (req, res) => {
      await sessions.sessionDestroy(req, res)
      redirect(res, '/')
    },

    /** Asked by an open page whose countdown has run out, or that comes back into view. */
    'GET /life': async (req, res) => {
      const sess = await sessions.sessionStart(req, res)
      sendJson(res, { left: sess.isNew ? null : sess.expiresAt - Date.now() })
    },
  }
}
