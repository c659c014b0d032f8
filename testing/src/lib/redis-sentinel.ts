import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireBinary } from './binaries.ts'
import { Daemon, type Server } from './daemon.ts'
import { startRedisDaemon } from './redis.ts'
import { serverOf, serverOfAll } from './server.ts'
import { type Address, ask, formatAddress } from './tcp.ts'
import { waitUntil } from './wait-until.ts'

const name = 'mymaster'
/** A master lets its first replica wait for five seconds, in case that there come others. */
const prompt = ['--repl-diskless-sync-delay', '0']

/** One master, one replica, and three sentinels. As a server it is its master. */
export interface RedisSentinel extends Server {
  /** What the sentinels call the master. */
  readonly name: string
  readonly sentinels: readonly Server[]
  /** The master at the start. */
  readonly master: Server
  readonly replica: Server
}

/** Takes some two seconds. After `master.kill()` the replica is promoted within some five. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const daemons: Daemon[] = []
  const started = async (daemon: Promise<Daemon>) => {
    daemons.push(await daemon)
    return daemon
  }
  try {
    const master = await started(startRedisDaemon(prompt))
    const replicaOf = ['--replicaof', master.host, String(master.port)]
    const replica = await started(startRedisDaemon([...prompt, ...replicaOf]))
    const sentinels = await Promise.all([1, 2, 3].map(() => started(startSentinel(master))))
    await Promise.all([...sentinels.map(knowsAll), isInSync(replica)])
    return {
      ...serverOfAll(daemons, master, sentinels.map(formatAddress).join(',')),
      name,
      sentinels: sentinels.map(serverOfRedis),
      master: serverOfRedis(master),
      replica: serverOfRedis(replica),
    }
  } catch (error) {
    await Promise.all(daemons.map(daemon => daemon.close()))
    throw error
  }
}

function serverOfRedis(daemon: Daemon): Server {
  return serverOf(daemon, `redis://${formatAddress(daemon)}`)
}

async function startSentinel(master: Address): Promise<Daemon> {
  return Daemon.start({
    command: await requireBinary('redis-server'),
    prepare: ({ host, port, directory }) =>
      writeFile(
        join(directory, 'sentinel.conf'),
        [
          `bind ${host}`,
          `port ${port}`,
          `dir ${directory}`,
          `sentinel monitor ${name} ${master.host} ${master.port} 2`,
          `sentinel down-after-milliseconds ${name} 1000`,
          `sentinel failover-timeout ${name} 3000`,
        ].join('\n'),
      ),
    args: ({ directory }) => [join(directory, 'sentinel.conf'), '--sentinel'],
    isReady: async daemon => String(await ask(daemon, 'PING\r\n')).startsWith('+PONG'),
  })
}

/** Before, a failover would lose everything. */
function isInSync(replica: Address): Promise<void> {
  return waitUntil('the replica is in sync', async () =>
    String(await ask(replica, 'INFO replication\r\n')).includes('master_link_status:up'),
  )
}

/** Until it has heard of the replica and of the other sentinels, a sentinel is not ready for a failover. */
function knowsAll(sentinel: Address): Promise<void> {
  return waitUntil('the sentinels know each other', async () =>
    String(await ask(sentinel, 'INFO sentinel\r\n')).includes('slaves=1,sentinels=3'),
  )
}
