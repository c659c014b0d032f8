import { chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireBinary } from './binaries.ts'
import { Daemon, type User } from './daemon.ts'
import { account, type SqlOptions, type SqlServer } from './mariadb.ts'
import { commandOutput, runCommand } from './run-command.ts'
import { serverOf } from './server.ts'
import { ask } from './tcp.ts'
import { copyTemplate } from './templates.ts'

export async function startPostgres({ args = [] }: SqlOptions = {}): Promise<SqlServer> {
  const command = await requireBinary('postgres')
  const user = await unprivilegedUser()
  const daemon = await Daemon.start({
    command,
    ...(user && { user }),
    prepare: ({ directory }) =>
      copyTemplate('postgres', join(directory, 'data'), data => install(data, user)),
    args: ({ host, port, directory }) => [
      ...['-D', join(directory, 'data'), '-p', String(port)],
      ...settings({
        listen_addresses: host,
        unix_socket_directories: directory,
        max_connections: '300',
        // What is committed is with the system, and so survives a killed process; nothing waits for the disk.
        fsync: 'off',
        full_page_writes: 'off',
      }),
      ...args,
    ],
    // While it starts it answers with an error; then it asks for the password.
    isReady: async daemon => (await ask(daemon, startupMessage))[0] === 'R'.charCodeAt(0),
    stopSignal: 'SIGINT',
  })
  const { user: name, password, database } = account
  const url = `postgres://${name}:${password}@${daemon.host}:${daemon.port}/${database}`
  return { ...serverOf(daemon, url), ...account }
}

/** PostgreSQL refuses to run as root; its package has made a user for it. */
export async function unprivilegedUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const id = async (kind: string) => Number(await commandOutput('id', [kind, 'postgres']))
  return { uid: await id('-u'), gid: await id('-g') }
}

async function install(data: string, user: User | undefined): Promise<void> {
  await mkdir(data)
  if (user) await chown(data, user.uid, user.gid)
  const passwordFile = `${data}.password`
  await writeFile(passwordFile, account.password, { mode: 0o644 })
  const initdb = await requireBinary('initdb')
  const auth = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`]
  const args = ['-D', data, '-U', account.user, ...auth, '--no-sync', '--encoding=UTF8', '--locale=C']
  await runCommand(initdb, args, user)
  await rm(passwordFile)
  const single = ['--single', '-D', data, 'postgres']
  await runCommand(await requireBinary('postgres'), single, user, `CREATE DATABASE ${account.database}\n`)
}

function settings(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** What a client says first. */
export const startupMessage: Buffer = startup({ user: account.user, database: account.database })

function startup(parameters: Record<string, string>): Buffer {
  const body = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`)
  const text = Buffer.from(`${body.join('')}\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + text.length)
  head.writeInt32BE(3 << 16, 4)
  return Buffer.concat([head, text])
}
