// Who may import whom: engines know core, core knows nobody, and only examples, bench and tests know engines.
import { posix } from 'node:path'
import { conclude, isShared, manifest, packageFolders, read, trackedFiles } from './lib/workspace.mjs'

const problems = []
const folders = packageFolders()
const imports = /^(?:import|export|})(?:[^'\n]*\bfrom)? '([^']+)'|\bimport\('([^']+)'\)/gm

for (const file of trackedFiles('*.ts', '*.mts')) {
  const folder = folders.find(candidate => file.startsWith(`${candidate}/`))
  const inSource = folder !== undefined && file.startsWith(`${folder}/src/`)
  for (const [, atTop, inside] of read(file).matchAll(imports)) {
    const specifier = atTop ?? inside ?? ''
    const problem = specifier.startsWith('.')
      ? relativeProblem(file, folder, specifier)
      : packageProblem(folder, inSource, specifier)
    if (problem) problems.push(`${file} imports '${specifier}': ${problem}`)
  }
}

/**
 * @param {string} file
 * @param {string | undefined} folder
 * @param {string} specifier
 */
function relativeProblem(file, folder, specifier) {
  const target = posix.join(posix.dirname(file), specifier)
  const home =
    folder ??
    file
      .split('/')
      .slice(0, file.startsWith('examples/') ? 2 : 1)
      .join('/')
  if (!target.startsWith(`${home}/`)) return 'use the public name of the other package'
}

/**
 * @param {string | undefined} folder
 * @param {boolean} inSource
 * @param {string} specifier
 */
function packageProblem(folder, inSource, specifier) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (specifier.startsWith('node:')) return
  if (name.startsWith('@sess/')) {
    const target = name === '@sess/testing' ? 'testing' : `packages/${name.slice('@sess/'.length)}`
    if (target !== 'testing' && !folders.includes(target)) return 'no such package'
    const entry = specifier === name ? '.' : `.${specifier.slice(name.length)}`
    if (!(entry in (manifest(target).exports ?? {}))) return 'not a public entry'
  }
  if (!inSource || folder === undefined || name === manifest(folder).name) return
  if (folder === 'packages/core') return 'core imports no package'
  if (name.startsWith('@sess/') && name !== '@sess/core' && !isShared(folder, name))
    return 'a package imports core and nothing else of ours'
  const { dependencies, peerDependencies } = manifest(folder)
  if (!(name in { ...dependencies, ...peerDependencies })) return 'not among its dependencies'
}

conclude('layers', problems)
