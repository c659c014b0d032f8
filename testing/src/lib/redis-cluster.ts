import { requireBinary } from './binaries.ts'
import type { Daemon, Server } from './daemon.ts'
import { startRedisDaemon } from './redis.ts'
import { commandOutput } from './run-command.ts'
import { serverOf, serverOfAll } from './server.ts'
import { type Address, ask, formatAddress } from './tcp.ts'
import { waitUntil } from './wait-until.ts'

export interface RedisCluster extends Server {
  /** Its masters; each can be killed and paused by itself. */
  readonly nodes: readonly Server[]
}

/** Three masters without replicas. Takes two seconds: Redis waits so long before a cluster takes writes. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const cli = await requireBinary('redis-cli')
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
  const daemons = await Promise.all([1, 2, 3].map(() => startRedisDaemon(args)))
  try {
    const create = ['--cluster', 'create', ...daemons.map(formatAddress), '--cluster-replicas', '0']
    await commandOutput(cli, [...create, '--cluster-yes'])
    await Promise.all(daemons.map(isServing))
  } catch (error) {
    await Promise.all(daemons.map(daemon => daemon.close()))
    throw error
  }
  const [first] = daemons as [Daemon]
  const url = daemons.map(formatAddress).join(',')
  const whole = serverOfAll(daemons, first, url)
  return {
    ...whole,
    async restart() {
      await whole.restart()
      await Promise.all(daemons.map(isServing))
    },
    nodes: daemons.map(daemon => serverOf(daemon, `redis://${formatAddress(daemon)}`)),
  }
}

function isServing(node: Address): Promise<void> {
  return waitUntil('the cluster serves', async () =>
    String(await ask(node, 'CLUSTER INFO\r\n')).includes('cluster_state:ok'),
  )
}
