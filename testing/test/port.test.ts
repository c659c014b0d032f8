import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { type Port, reservePort } from '../src/lib/port.ts'

it('gives each port to one, until it is given back', async () => {
  const random = Math.random
  onTestFinished(() => {
    Math.random = random
  })
  // The dice fall alike until the fourth throw.
  const throws = [0.5, 0.5, 0.5, 0.51]
  Math.random = () => throws.shift() ?? random()
  const first: Port = await reservePort()
  const second = await reservePort()
  expect([first.port, second.port]).toEqual([15_000, 15_100])
  second.release()
  first.release()
  first.release()
  throws.push(0.5)
  const again = await reservePort()
  onTestFinished(() => again.release())
  expect(again.port).toBe(15_000)
})

it('gives none on which somebody listens, nor one below such a one', async () => {
  const random = Math.random
  onTestFinished(() => {
    Math.random = random
  })
  for (const taken of [16_000, 26_000]) {
    const server = createServer().listen(taken, '127.0.0.1')
    onTestFinished(() => void server.close())
    const throws = [0.6, 0.61]
    Math.random = () => throws.shift() ?? random()
    const reserved = await reservePort()
    expect(reserved.port).toBe(16_100)
    reserved.release()
    await new Promise(resolve => server.close(resolve))
  }
})
