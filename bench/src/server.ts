// A contender's own process: `node server.js <contender> <directory>`, started by main with an IPC channel.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Contender } from './contender.ts'

const [name, directory] = process.argv.slice(2) as [string, string]
const { contender } = (await import(`./contenders/${name}.js`)) as { contender: Contender }

const server = createServer(await contender.createHandler(directory))
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.on('message', () => process.send?.({ cpu: process.cpuUsage() }))
process.on('disconnect', () => process.exit())
