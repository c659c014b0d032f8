// Versions move on their own: a release of one package does not drag the others along.
// Plays releases with the real configuration in a scratch copy of the manifests.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { conclude, manifest, packageFolders, root, trackedFiles } from './lib/workspace.mjs'

const folders = packageFolders()
const names = folders.map(folder => manifest(folder).name)
/** @type {string[]} */
const problems = []
const copy = mkdtempSync(join(tmpdir(), 'sess-releases-'))
try {
  for (const file of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json'])
    cpSync(join(root, file), join(copy, file))
  for (const file of trackedFiles('*/package.json')) {
    const own = manifest(dirname(file))
    mkdirSync(join(copy, dirname(file)), { recursive: true })
    writeFileSync(join(copy, file), JSON.stringify({ ...own, ...(own.version && { version: '0.0.0' }) }))
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

  expectVersions('the first release', everyone('major'), everyone('1.0.0'))
  expectVersions('a fix in file', { '@sess/file': 'patch' }, { ...everyone('1.0.0'), '@sess/file': '1.0.1' })
  expectVersions(
    'a feature in core',
    { '@sess/core': 'minor' },
    { ...everyone('1.0.0'), '@sess/file': '1.0.1', '@sess/core': '1.1.0' },
  )
  expectVersions('a break in core', { '@sess/core': 'major' }, everyone('2.0.0'))
} finally {
  rmSync(copy, { recursive: true })
}
conclude('releases', problems)

/** @param {string} value @returns {Record<string, string>} */
function everyone(value) {
  return Object.fromEntries(names.map(name => [name, value]))
}

/**
 * @param {string} what
 * @param {Record<string, string>} bumps
 * @param {Record<string, string>} expected
 */
function expectVersions(what, bumps, expected) {
  const lines = Object.entries(bumps).map(([name, bump]) => `'${name}': ${bump}`)
  mkdirSync(join(copy, '.changeset'), { recursive: true })
  writeFileSync(join(copy, '.changeset/change.md'), `---\n${lines.join('\n')}\n---\n\n${what}\n`)
  execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (const folder of folders) {
    const { name, version } = JSON.parse(readFileSync(join(copy, folder, 'package.json'), 'utf8'))
    if (version !== expected[name])
      problems.push(`after ${what} ${name} is ${version}, not ${expected[name]}`)
  }
}
