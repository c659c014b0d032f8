import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * @typedef {{
 *   name: string, version?: string, private?: boolean, description?: string, keywords?: string[],
 *   license?: string, type?: string, sideEffects?: boolean | string[], files?: string[],
 *   exports?: Record<string, Record<string, string>>, engines?: { node?: string },
 *   publishConfig?: { access?: string }, dependencies?: Record<string, string>,
 *   devDependencies?: Record<string, string>, peerDependencies?: Record<string, string>,
 *   peerDependenciesMeta?: Record<string, { optional?: boolean }>,
 * }} Manifest
 */

/** @param {string} path relative to the root */
export function read(path) {
  return readFileSync(`${root}${path}`, 'utf8')
}

/**
 * @param {string} path relative to the root
 * @returns {Manifest}
 */
export function manifest(path) {
  return JSON.parse(read(`${path}/package.json`))
}

/** The published packages' folders, relative to the root. */
export function packageFolders() {
  return readdirSync(`${root}packages`).map(name => `packages/${name}`)
}

/**
 * Whether a package may depend on that one of ours, which holds code and no state: two copies of it do no harm.
 * @param {string} folder
 * @param {string} name
 */
export function isShared(folder, name) {
  return name === '@sess/sql' && ['packages/mysql', 'packages/postgres'].includes(folder)
}

/**
 * The files that git has or would add, relative to the root.
 * @param {string[]} patterns
 */
export function trackedFiles(...patterns) {
  const args = [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
    '--',
    ...patterns,
  ]
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
}

/**
 * Prints what is wrong and sets the exit code.
 * @param {string} what
 * @param {string[]} problems
 */
export function conclude(what, problems) {
  for (const problem of problems) console.error(`${what}: ${problem}`)
  if (problems.length > 0) process.exitCode = 1
  else console.log(`${what}: in order`)
}
