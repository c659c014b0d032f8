import { createServer } from 'node:http'
import { newManager } from '@sess/core'
import { sessions } from '@sess/express'
import { Browser, listening } from '@sess/testkit/adapter'
import type { Express, NextFunction, Request, Response } from 'express'
import { onTestFinished } from 'vitest'

/** Starts an app that has sessions, and what a library's documentation says. `build` gets the app before it listens. */
export async function libraryApp(createApp: () => Express, build: (app: Express) => void): Promise<Browser> {
  const manager = await newManager('memory')
  const app = createApp()
  app.use(sessions(manager))
  build(app)
  app.use(
    (
      error: { status?: number; statusCode?: number; code?: string; message: string },
      _: Request,
      res: Response,
      _next: NextFunction,
    ) => {
      res.status(error.status ?? error.statusCode ?? 500).send(error.code ?? error.message)
    },
  )
  const { port, close } = await listening(createServer(app))
  onTestFinished(async () => {
    await close()
    await manager.close()
  })
  return new Browser(port)
}
