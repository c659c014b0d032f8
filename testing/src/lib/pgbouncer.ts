import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireBinary } from './binaries.ts'
import { Daemon } from './daemon.ts'
import type { SqlServer } from './mariadb.ts'
import { startupMessage, unprivilegedUser } from './postgres.ts'
import { serverOf } from './server.ts'
import { ask } from './tcp.ts'

/** In front of a PostgreSQL server, in transaction mode: every transaction may get another connection. */
export async function startPgBouncer(server: SqlServer): Promise<SqlServer> {
  const { user, password, database } = server
  const runAs = await unprivilegedUser()
  const daemon = await Daemon.start({
    command: await requireBinary('pgbouncer'),
    ...(runAs && { user: runAs }),
    prepare: async ({ host, port, directory }) => {
      await writeFile(join(directory, 'users'), `"${user}" "${password}"\n`, { mode: 0o644 })
      await writeFile(join(directory, 'config'), configuration(server, host, port, join(directory, 'users')))
    },
    args: ({ directory }) => [join(directory, 'config')],
    isReady: async daemon => (await ask(daemon, startupMessage))[0] === 'R'.charCodeAt(0),
  })
  const url = `postgres://${user}:${password}@${daemon.host}:${daemon.port}/${database}`
  return { ...serverOf(daemon, url), user, password, database }
}

function configuration(server: SqlServer, host: string, port: number, users: string): string {
  const { user, password, database } = server
  return `[databases]
${database} = host=${server.host} port=${server.port} user=${user} password=${password}
[pgbouncer]
listen_addr = ${host}
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
`
}
