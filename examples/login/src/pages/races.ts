import { setTimeout as sleep } from 'node:timers/promises'
import type { Manager } from '@sess/core'
import { type Routes, sendJson, sendPage } from '../http.ts'
import type { Visitor } from '../sessions.ts'
import { racesPage } from '../views/races.ts'

/** The work of a handler, 10 to 30 ms of it: what makes requests overlap. */
const work = (): Promise<void> => sleep(10 + 20 * Math.random())

export function racesRoutes(sessions: Manager<Visitor>): Routes {
  return {
    'GET /races': (_req, res) => sendPage(res, racesPage()),

    /** Both counts at zero, in a session that all the requests to come share. */
    'POST /races/start': async (req, res) => {
      const sess = await sessions.sessionStart(req, res)
      sess.set('updated', 0)
      sess.set('overwritten', 0)
      sendJson(res, {})
    },

    'POST /races/update': async (req, res) => {
      const sess = await sessions.sessionStart(req, res)
      await work()
      sess.update('updated', (n = 0) => n + 1)
      sendJson(res, {})
    },

    /** As `update`, but the new value is made of what this request read when it began. */
    'POST /races/get-then-set': async (req, res) => {
      const sess = await sessions.sessionStart(req, res)
      const n = sess.get('overwritten') ?? 0
      await work()
      sess.set('overwritten', n + 1)
      sendJson(res, {})
    },

    'GET /races/kept': async (req, res) => {
      const sess = await sessions.sessionStart(req, res)
      sendJson(res, { update: sess.get('updated') ?? 0, getThenSet: sess.get('overwritten') ?? 0 })
    },

    /** Saves long after it began. When a logout came between, there is nothing left to save to. */
    'POST /races/slow-write': async (req, res) => {
      const sess = await sessions.sessionStart(req, res)
      const id = sessions.storageID(sess.sessionID())
      await sleep(1000)
      sess.set('lateNote', 'too late')
      await sess.sessionRelease()
      sendJson(res, { alive: await sessions.getProvider().sessionExist(id) })
    },
  }
}
