import type { AddressInfo } from 'node:net'
import { type AppData, newManager } from '@sess/core'
import { createApp } from './app.ts'

const manager = await newManager<AppData>('memory', { cookieName: 'gosessionid' })

const server = createApp(manager).listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`)
})
