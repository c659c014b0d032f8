import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isSessionError } from '@sess/core'
import { createApp } from './app.ts'
import { openSessions, settingsFrom } from './sessions.ts'

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

const port = Number(process.env.PORT || 3000)
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  fail('PORT is a number from 0 (any free port) to 65535')

const settings = settingsFrom(process.env)
const sessions = await openSessions(settings).catch(error => {
  if (isSessionError(error)) fail(error.message)
  throw error
})

const server = createServer(createApp(sessions, settings))

server.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EADDRINUSE')
    fail(`Port ${port} is in use: set PORT to another, or to 0 for any free one`)
  fail(`Cannot listen on port ${port}: ${error.message}`)
})

server.listen(port, () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`)
})

/** Lets running requests finish, and only then closes the engine that they save to. */
function close(): void {
  // Ctrl-C reaches us twice when a package manager hands it on.
  if (!server.listening) return
  // Browsers keep connections open for requests to come. There will be none.
  server.keepAliveTimeout = 1
  server.close(() => void sessions.close())
  server.closeIdleConnections()
}
process.on('SIGINT', close)
process.on('SIGTERM', close)
