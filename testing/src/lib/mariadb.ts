import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireBinary } from './binaries.ts'
import { Daemon, type Server } from './daemon.ts'
import { runCommand } from './run-command.ts'
import { serverOf } from './server.ts'
import { ask } from './tcp.ts'
import { copyTemplate } from './templates.ts'

export interface SqlOptions {
  /** More arguments for the server. */
  readonly args?: readonly string[]
}

/** A database server, and an account that may do everything. */
export interface SqlServer extends Server {
  readonly user: string
  readonly password: string
  readonly database: string
}

export const account = { user: 'sess', password: 'secret', database: 'sess' } as const

const setUp = `
CREATE DATABASE IF NOT EXISTS ${account.database};
CREATE USER IF NOT EXISTS '${account.user}'@'%' IDENTIFIED BY '${account.password}';
GRANT ALL ON *.* TO '${account.user}'@'%' WITH GRANT OPTION;
`

const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
const small = ['--innodb-log-file-size=16M']

export async function startMariaDB({ args = [] }: SqlOptions = {}): Promise<SqlServer> {
  const daemon = await Daemon.start({
    command: await requireBinary('mariadbd'),
    prepare: async ({ directory }) => {
      await writeFile(join(directory, 'set-up.sql'), setUp)
      await copyTemplate('mariadb', join(directory, 'data'), install)
    },
    args: ({ host, port, directory }) => [
      '--no-defaults',
      ...asRoot,
      ...small,
      `--datadir=${directory}/data`,
      `--socket=${directory}/socket`,
      // A server that starts removes the temporary tables that it finds, and those of another one as well.
      `--tmpdir=${directory}`,
      `--pid-file=${directory}/pid`,
      `--init-file=${directory}/set-up.sql`,
      `--bind-address=${host}`,
      `--port=${port}`,
      '--skip-log-bin',
      '--max-connections=500',
      // What is committed is with the system, and so survives a killed process; nothing waits for the disk.
      '--innodb-flush-log-at-trx-commit=2',
      ...args,
    ],
    // It greets everyone, once it serves.
    isReady: async daemon => (await ask(daemon)).length > 0,
  })
  const { user, password, database } = account
  const url = `mysql://${user}:${password}@${daemon.host}:${daemon.port}/${database}`
  return { ...serverOf(daemon, url), ...account }
}

async function install(data: string): Promise<void> {
  const script = await requireBinary('mariadb-install-db')
  await runCommand(script, ['--no-defaults', ...asRoot, ...small, `--datadir=${data}`, '--skip-test-db'])
}
