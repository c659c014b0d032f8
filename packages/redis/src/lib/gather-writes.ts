import { setImmediate } from '@sess/core/engine'
import { Cluster, type Redis } from 'ioredis'

/**
 * Lets the commands of one turn of the event loop leave together. To a busy server a write to the socket costs more
 * than the commands it carries; to an idle one it makes no difference, as the turn ends when nothing else is to do.
 *
 * ioredis can do it too (`enableAutoPipelining`), but as pipelines, which a cluster may be sent again.
 */
export function gatherWrites(client: Redis | Cluster): void {
  if (client instanceof Cluster) client.on('+node', gatherWritesOf)
  else gatherWritesOf(client)
}

function gatherWritesOf(node: Redis): void {
  node.on('connect', () => {
    const { stream } = node
    const write = stream.write.bind(stream)
    let isGathering = false
    stream.write = ((...args: Parameters<typeof write>) => {
      if (!isGathering) {
        isGathering = true
        stream.cork()
        setImmediate(() => {
          isGathering = false
          stream.uncork()
        })
      }
      return write(...args)
    }) as typeof write
  })
}
