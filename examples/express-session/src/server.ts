import type { AddressInfo } from 'node:net'
import { sessStore } from '@sess/express-session'
import { file } from '@sess/file'
import { createApp } from './app.ts'

const store = sessStore(file, { providerConfig: process.env.SESSION_DIRECTORY ?? './tmp' })

const server = createApp(store).listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`)
})
