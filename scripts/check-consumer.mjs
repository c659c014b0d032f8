// What npm would publish: every package is packed, linted, installed outside the workspace, and used.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conclude, manifest, packageFolders, root } from './lib/workspace.mjs'

/** @type {string[]} */
const problems = []
const scratch = mkdtempSync(join(tmpdir(), 'sess-consumer-'))
try {
  const tarballs = packAll(join(scratch, 'tarballs'))
  for (const [name, tarball] of Object.entries(tarballs)) {
    attempt(`publint ${name}`, () => run('publint', ['run', '--strict', tarball]))
    attempt(`attw ${name}`, () => run('attw', [tarball, '--profile', 'esm-only']))
    attempt(`contents of ${name}`, () => checkContents(tarball))
  }
  attempt('a consumer outside the workspace', () => consume(join(scratch, 'app'), tarballs))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
conclude('consumer', problems)

/**
 * @param {string} target
 * @returns {Record<string, string>} the tarballs by the names of the packages
 */
function packAll(target) {
  mkdirSync(target)
  const args = ['-y', 'pnpm@12', '-r', '--filter', './packages/*', 'pack', '--pack-destination', target]
  execFileSync('npx', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  return Object.fromEntries(
    packageFolders().map(folder => {
      const { name, version } = manifest(folder)
      return [name, join(target, `${name.slice(1).replace('/', '-')}-${version}.tgz`)]
    }),
  )
}

/** @param {string} tarball */
function checkContents(tarball) {
  const unwanted = execFileSync('tar', ['-tf', tarball], { encoding: 'utf8' })
    .split('\n')
    .filter(
      path =>
        path &&
        !/^package\/(dist\/.+\.(js|d\.ts|map)|src\/.+\.ts|types\/.+\.d\.ts|package\.json|README\.md|LICENSE|\w+\.sql)$/.test(
          path,
        ),
    )
  if (unwanted.length > 0) throw new Error(`unwanted files: ${unwanted.join(', ')}`)
  const packed = JSON.parse(
    execFileSync('tar', ['-xOf', tarball, 'package/package.json'], { encoding: 'utf8' }),
  )
  const ranges = JSON.stringify({ ...packed.dependencies, ...packed.peerDependencies })
  if (ranges.includes('workspace:')) throw new Error(`a workspace range would be published: ${ranges}`)
}

/**
 * @param {string} app
 * @param {Record<string, string>} tarballs
 */
function consume(app, tarballs) {
  /** @param {string} name */
  const versionOf = name =>
    JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version
  cpSync(`${root}scripts/consumer`, app, { recursive: true })
  const dependencies = {
    ...Object.fromEntries(Object.entries(tarballs).map(([name, tarball]) => [name, `file:${tarball}`])),
    // A second copy of core beside the first, as a careless dependency brings it.
    'core-again': `file:${tarballs['@sess/core']}`,
    '@types/node': versionOf('@types/node'),
    typescript: versionOf('typescript'),
  }
  writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }))
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], app)
  run('node_modules/.bin/tsc', ['-p', '.'], app)
  run(process.execPath, ['dist/app.js'], app)
  // A bundler drops what it takes to have no effect: the registration of an engine must not be among it.
  const bundle = ['--dir', 'bundled', '--platform', 'node', '--format', 'esm']
  // Native code is loaded from where it is installed.
  run('rolldown', ['dist/app.js', ...bundle, '--external', 'couchbase', '--external', 'pg-native'], app)
  rmSync(join(app, 'node_modules'), { recursive: true })
  run(process.execPath, ['bundled/app.js'], app)
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args, cwd = root) {
  const PATH = `${root}node_modules/.bin:${process.env.PATH}`
  execFileSync(command, args, {
    cwd,
    env: { ...process.env, PATH },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/**
 * @param {string} what
 * @param {() => void} check
 */
function attempt(what, check) {
  try {
    check()
    console.log(`${what}: in order`)
  } catch (error) {
    const {
      message,
      stdout = '',
      stderr = '',
    } = /** @type {Error & { stdout?: string, stderr?: string }} */ (error)
    problems.push(`${what}: ${message.split('\n')[0]}\n${stdout}${stderr}`)
  }
}
