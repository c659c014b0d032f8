import { serve } from '@hono/node-server'
import { type AppData, newManager } from '@sess/core'
import { createApp } from './app.ts'

const manager = await newManager<AppData>('memory', { cookieName: 'gosessionid' })

const { fetch } = createApp(manager)
serve({ fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`listening on http://localhost:${port}`)
})
