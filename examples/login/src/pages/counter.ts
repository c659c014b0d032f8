import type { Manager } from '@sess/core'
import { type Routes, sendPage } from '../http.ts'
import type { Visitor } from '../sessions.ts'
import { counterPage } from '../views/counter.ts'

export function counterRoutes(sessions: Manager<Visitor>): Routes {
  return {
    'GET /counter': async (req, res) => {
      const sess = await sessions.sessionStart(req, res)
      const visits = sess.update('visits', (n = 0) => n + 1)
      sendPage(res, counterPage(visits))
    },
  }
}
