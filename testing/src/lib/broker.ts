import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Kind, Service } from './environment.ts'
import { brokerSocket } from './run-directory.ts'
import { isKind, SharedServers } from './shared.ts'

type Answer = { service: Service } | { error: string }

/** Gives shared servers to the other processes of a test run. */
export async function startBroker(directory: string): Promise<{ close(): Promise<void> }> {
  const servers = new SharedServers()
  const broker = createServer(socket => {
    socket.on('error', () => socket.destroy())
    socket.once('data', async kind => {
      const answer = await answerTo(String(kind))
      socket.end(JSON.stringify(answer))
    })
  })
  async function answerTo(kind: string): Promise<Answer> {
    if (!isKind(kind)) return { error: `There is no service '${kind}'` }
    return servers.get(kind).then(
      service => ({ service }),
      (error: Error) => ({ error: error.message }),
    )
  }
  broker.listen(brokerSocket(directory))
  await once(broker, 'listening')
  broker.unref()
  return {
    async close() {
      broker.close()
      await servers.close()
    },
  }
}

export async function askBroker(directory: string, kind: Kind): Promise<Service> {
  const socket = connect(brokerSocket(directory))
  socket.write(kind)
  const answer = JSON.parse(await text(socket)) as Answer
  if ('error' in answer) throw new Error(answer.error)
  return answer.service
}
