import type { AddressInfo } from 'node:net'
import { type AppData, newManager } from '@sess/core'
import { createApp } from './app.ts'

const manager = await newManager<AppData>('memory', { cookieName: 'gosessionid' })

const app = createApp(manager)
await app.listen({ port: Number(process.env.PORT ?? 3000), host: 'localhost' })
console.log(`listening on http://localhost:${(app.server.address() as AddressInfo).port}`)
