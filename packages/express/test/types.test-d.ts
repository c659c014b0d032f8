/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import { type SessionRequest, sessions } from '@sess/express'
import connect from 'connect'
import express, { type Request } from 'express'

interface User {
  username: string
}

export async function apps(): Promise<void> {
  const app = express()
  app.use(sessions(await newManager('memory')))
  app.use(sessions(await newManager<User>('memory'), { lazy: true }))
  app.use(sessions({ sessionOn: false, why: 'sessionon = false in app.conf' }))
  app.get('/', sessions(await newManager('memory'), { sessionOn: (req: Request) => req.path !== '/' }))
  app.get('/', sessions(await newManager('memory'), { onLoadError: 'anonymous' }), async (req, res) => {
    const session = await req.sessionStart()
    const same: typeof req.session = session
    res.send(same.sessionID())
  })
  // @ts-expect-error a misspelt option
  sessions(await newManager('memory'), { lasy: true })
  // @ts-expect-error no policy
  sessions(await newManager('memory'), { onLoadError: 'ignore' })
  // @ts-expect-error a promise
  sessions(newManager('memory'))
  connect().use(sessions(await newManager('memory')) as connect.NextHandleFunction)
  connect().use((req, res) => res.end((req as SessionRequest).session.sessionID()))
}
