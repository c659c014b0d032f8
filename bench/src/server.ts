// A contender's own process: `node server.js <URL of its module> <setting as JSON>`, started with an IPC channel.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import type { Contender } from './contender.ts'
import type { ServerSetting, Usage } from './processes.ts'
import { freshData } from './session-data.ts'

const [module, json] = process.argv.slice(2) as [string, string]
const { size, ...setting } = JSON.parse(json) as ServerSetting
const { contender } = (await import(module)) as { contender: Contender }

const server = createServer(await contender({ ...setting, data: freshData(size) }))
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.on('message', () => process.send?.(usage()))
process.on('disconnect', () => process.exit())

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, heapBytes: getHeapStatistics().used_heap_size }
}
