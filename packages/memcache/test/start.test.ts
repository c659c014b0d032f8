import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { newManager } from '@sess/core'
import { type Address, noServer, noService, service, startMemcached } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startRelay } from './support/relay.ts'
import { errorOf, newPrefix, openStore, rawOf, timeout, urlOf } from './support/scene.ts'

const noMysql = await noService('mysql')
const noMemcached = await noServer('memcached')

async function start(address: Address): Promise<Error & { code?: string }> {
  return errorOf(newManager('memcache', { providerConfig: urlOf(address), timeout }))
}

/** A server that says this at once, or when it has heard something. */
async function says(text: string, when: 'connection' | 'data'): Promise<Address> {
  const listener = createServer(socket => {
    socket.on('error', () => {})
    if (when === 'data') socket.on('data', () => void socket.write(text))
    else socket.write(text)
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  onTestFinished(() => void listener.close())
  return { host: '127.0.0.1', port: (listener.address() as AddressInfo).port }
}

describe('a server of another protocol is refused at the start', () => {
  it.each([
    ['a web server', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'data'],
    ['a mail server', '220 mail.example.org ESMTP\r\n', 'connection'],
    ['an SSH server', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'connection'],
    ['a text whose bytes memjs would wait for', '\x7f 00\x00\x00\x00\x00\x00\x00\x00\x10 a text', 'data'],
  ] as const)('%s', async (_, text, when) => {
    const address = await says(text, when)
    const error = await start(address)
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).toBe(
      `providerConfig of the memcache engine: the memcached server ${urlOf(address)} does not speak memcached's binary protocol: name a memcached that runs without -B ascii and -Y`,
    )
  })

  it.skipIf(noMysql)('MariaDB', async () => {
    expect(await start(await service.mysql())).toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/does not speak memcached's binary protocol/),
    })
  })

  it.skipIf(noMemcached)('memcached without its binary protocol', async () => {
    const server = await startMemcached({ args: ['-B', 'ascii'] })
    onTestFinished(() => server.close())
    expect(await start(server)).toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/does not speak memcached's binary protocol/),
    })
  })

  it('one that hangs up may be one, and may be away', async () => {
    const listener = createServer(socket => socket.on('error', () => {}).on('data', () => socket.destroy()))
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    onTestFinished(() => void listener.close())
    const error = await start({ host: '127.0.0.1', port: (listener.address() as AddressInfo).port })
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'ECONNRESET' } })
    expect(error.message).toMatch(/ECONNRESET, as a memcached does that runs with -B ascii or -Y$/)
  })
})

describe.skipIf(await noService('memcached'))('what the engine needs is tried at the start', () => {
  const opcodes = { GET: 0x00, ADD: 0x02, REPLACE: 0x03, DELETE: 0x04 }

  it.each([
    ['GET', 0x81],
    ['ADD', 0x81],
    ['REPLACE', 0x83],
    ['DELETE', 0x24],
  ] as const)('%s, answered with the status %i', async (name, status) => {
    const relay = await startRelay(await service.memcached())
    relay.change = answer => {
      if (answer.readUInt8(1) === opcodes[name]) answer.writeUInt16BE(status, 6)
    }
    const error = await start(relay)
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).toContain(`does not take the command ${name}, which the engine needs`)
  })

  it('compare-and-swap, of a server that does not tell its settings', async () => {
    const relay = await startRelay(await service.memcached())
    relay.change = answer => {
      if (answer.readUInt8(1) === 0x10) answer.writeUInt16BE(0x81, 6)
      answer.writeBigUInt64BE(0n, 16)
    }
    const error = await start(relay)
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).toContain('runs without compare-and-swap')
  })

  it('and leaves nothing, in two round trips', async () => {
    const server = await service.memcached()
    const relay = await startRelay(server)
    const prefix = newPrefix()
    await openStore(relay, { prefix })
    expect(relay.requests).toEqual([[0x10, opcodes.ADD, opcodes.GET, opcodes.REPLACE, opcodes.DELETE]])
    expect(await (await rawOf(server)).keys(prefix)).toEqual([])
  })
})
