import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireBinary } from './binaries.ts'
import { Daemon, type Server } from './daemon.ts'
import { runCommand } from './run-command.ts'
import { serverOf } from './server.ts'
import { ask } from './tcp.ts'

export interface MemcachedOptions {
  /** More arguments for `memcached`. */
  readonly args?: readonly string[]
  /** Who may log in and by which password, in place of everybody: SASL, PLAIN. Names are `user@realm`. */
  readonly users?: Readonly<Record<string, string>>
}

/** Memcached keeps nothing: after a restart it is empty. */
export async function startMemcached({ args = [], users }: MemcachedOptions = {}): Promise<Server> {
  const more = [...(process.getuid?.() === 0 ? ['-u', 'root'] : []), ...(users ? ['-S'] : []), ...args]
  const daemon = await Daemon.start({
    command: await requireBinary('memcached'),
    args: ({ host, port }) => ['-l', host, '-p', String(port), '-U', '0', '-m', '64', ...more],
    isReady: async daemon => (await ask(daemon, versionRequest)).length > 0,
    ...(users && {
      prepare: ({ directory }) => prepareUsers(directory, users),
      env: ({ directory }) => ({ SASL_CONF_PATH: directory }),
    }),
  })
  return serverOf(daemon, `memcached://${daemon.host}:${daemon.port}`)
}

async function prepareUsers(directory: string, users: Readonly<Record<string, string>>): Promise<void> {
  const database = join(directory, 'users')
  await writeFile(join(directory, 'memcached.conf'), `mech_list: plain\nsasldb_path: ${database}\n`)
  for (const [name, password] of Object.entries(users)) {
    const [user, realm] = name.split('@') as [string, string]
    const args = ['-p', '-c', '-f', database, '-a', 'memcached', '-u', realm, user]
    await runCommand(await requireBinary('saslpasswd2'), args, undefined, password)
  }
}

/** Of the binary protocol, the only one that a memcached with passwords speaks. Its number ends lines for one of text. */
const versionRequest = Buffer.from('800b00000000000000000000' + '0d0a0d0a' + '0000000000000000', 'hex')
