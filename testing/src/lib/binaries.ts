import { spawn } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The programs that make up each server, and the Debian package that has them. */
const programs = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-server',
  mariadbd: 'mariadb-server',
  'mariadb-install-db': 'mariadb-server',
  postgres: 'postgresql',
  initdb: 'postgresql',
  pgbouncer: 'pgbouncer',
  memcached: 'memcached',
  saslpasswd2: 'sasl2-bin libsasl2-modules',
} as const

export type Program = keyof typeof programs
type Package = (typeof programs)[Program]

const folders = [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
]

/** Where distributions keep PostgreSQL, one folder for each version. */
const versions = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt']

/** The path of a program, which is installed first where it can be. @throws what is missing and how to get it */
export async function requireBinary(program: Program): Promise<string> {
  const path = findBinary(program)
  if (path !== undefined) return path
  await install()
  const installed = findBinary(program)
  if (installed === undefined) throw new Error(advice([program]))
  return installed
}

/** Those of the programs that are not here and cannot be installed. */
export async function missingBinaries(wanted: readonly Program[]): Promise<Program[]> {
  if (wanted.some(program => findBinary(program) === undefined)) await install()
  return wanted.filter(program => findBinary(program) === undefined)
}

function findBinary(program: Program): string | undefined {
  const versioned = versions.flatMap(folder => entries(folder).map(name => join(folder, name, 'bin')))
  return [...folders, ...versioned].map(folder => join(folder, program)).find(isExecutable)
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => /^(postgresql)?[@\d]/.test(name))
  } catch {
    return []
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Debian's packages of all servers that are missing, where we may install them. Test files run side by side: the
 * lock lets one of them do it, and nobody else call apt-get meanwhile.
 */
async function install(): Promise<void> {
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return
  const missing = packagesOf(Object.keys(programs).filter(isMissing))
  const packages = `apt-get -qy install --no-install-recommends ${missing.join(' ')}`
  // The first attempt is for those who waited for the lock, or whose lists are fresh.
  const script = `${packages} 2>/dev/null || { apt-get -q update && ${packages}; }`
  const child = spawn('flock', [join(tmpdir(), 'sess-apt-get.lock'), 'sh', '-c', script], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await new Promise(resolve => child.once('error', resolve).once('close', resolve))
}

function isMissing(program: string): program is Program {
  return findBinary(program as Program) === undefined
}

function packagesOf(missing: readonly Program[]): Package[] {
  return [...new Set(missing.map(program => programs[program]))]
}

const brew: Record<Package, string> = {
  'redis-server': 'redis',
  'mariadb-server': 'mariadb',
  postgresql: 'postgresql@17',
  pgbouncer: 'pgbouncer',
  memcached: 'memcached',
  'sasl2-bin libsasl2-modules': 'cyrus-sasl',
}

/** What to do about missing programs. */
export function advice(missing: readonly Program[]): string {
  const packages = packagesOf(missing)
  return [
    `No ${missing.join(', ')} for the tests on real servers. Get it by one of these:`,
    `  apt-get install --no-install-recommends ${packages.join(' ')}`,
    `  brew install ${packages.map(name => brew[name]).join(' ')}`,
    '  docker compose up --wait, and the environment variables that testing/README.md lists',
  ].join('\n')
}
