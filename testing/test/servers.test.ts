import { connect } from 'node:net'
import { noServer, type Server, startMariaDB, startMemcached, startPostgres, startRedis } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { said } from './support/said.ts'

const isMissing = await noServer('redis', 'mysql', 'postgres', 'memcached')

/** Whether somebody listens. */
function listens({ host, port }: Server): Promise<boolean> {
  const socket = connect(port, host)
  return new Promise<boolean>(resolve => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy())
}

const pgGreeting = Buffer.from('0000000804d2162f', 'hex')

describe.skipIf(isMissing).each([
  ['Redis', () => startRedis(), 'PING\r\n'],
  ['MariaDB', () => startMariaDB(), undefined],
  ['PostgreSQL', () => startPostgres(), pgGreeting],
  ['memcached', () => startMemcached(), 'version\r\n'],
] as const)('%s', (_name, start, question) => {
  it('starts, stops, is killed and comes back on its port', async () => {
    const server: Server = await start()
    onTestFinished(() => server.close())
    expect(new URL(server.url).port).toBe(String(server.port))
    const [one, other] = [await start(), await start()]
    expect(new Set([server.port, one.port, other.port]).size).toBe(3)
    await Promise.all([one.close(), other.close()])

    expect(await said(server, question)).not.toBe('')
    await server.kill()
    expect(await listens(server)).toBe(false)
    await server.restart()
    expect(await said(server, question)).not.toBe('')
    await server.stop()
    expect(await listens(server)).toBe(false)
    await server.restart()
    expect(await said(server, question)).not.toBe('')
    // Closed at the end; from then on the port is anybody's. clean-up.test.ts sees that nothing is left.
  })

  it('accepts and says nothing while it is paused', async () => {
    const server: Server = await start()
    onTestFinished(() => server.close())
    server.pause()
    expect(await listens(server)).toBe(true)
    expect(await said(server, question)).toBe('')
    server.resume()
    expect(await said(server, question)).not.toBe('')
    server.pause()
    await server.restart()
    expect(await said(server, question)).not.toBe('')
  })
})
