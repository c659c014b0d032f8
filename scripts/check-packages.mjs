// Every published package has the same fields, files and README sections.
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { conclude, isShared, manifest, packageFolders, read, root } from './lib/workspace.mjs'

const engineSections = ['Install', 'Use', 'Options', 'Storage', 'Expiry and clean-up', 'Limits']
const otherSections = ['Install', 'Use']
const files = ['dist', '!dist/.tsbuildinfo', 'src', 'README.md', 'LICENSE']
// Declarations for modules of others, which no source of ours gives.
const filesWithTypes = files.toSpliced(3, 0, 'types')

const problems = []
const rootManifest = manifest('.')
const license = read('LICENSE')
/** @type {{ path: string }[]} */
const references = JSON.parse(read('tsconfig.json')).references
const built = references.map(reference => reference.path)
const ignoredByChangesets = JSON.parse(read('.changeset/config.json')).ignore

for (const folder of packageFolders()) {
  const own = manifest(folder)
  /** @param {boolean} holds @param {string} rule */
  const expect = (holds, rule) => {
    if (!holds) problems.push(`${folder}: ${rule}`)
  }
  /** @param {keyof import('./lib/workspace.mjs').Manifest} field @param {unknown} value */
  const expectField = (field, value) =>
    expect(isDeepStrictEqual(own[field], value), `"${field}" must be ${JSON.stringify(value)}`)

  const isCore = folder === 'packages/core'
  /** @param {string} path */
  const has = path => existsSync(`${root}${folder}/${path}`)
  const index = has('src/index.ts') ? read(`${folder}/src/index.ts`) : ''
  const registers = /^\s*register\(/m.test(index)
  const isEngine = registers && !isCore

  expectField('name', `@sess/${basename(folder)}`)
  expectField('license', rootManifest.license)
  expectField('type', 'module')
  expectField('engines', rootManifest.engines)
  expectField('publishConfig', { access: 'public' })
  expectField('files', has('types') ? filesWithTypes : files)
  expect(own.private === undefined, 'must be publishable')
  expect(/^\d+\.\d+\.\d+/.test(own.version ?? ''), 'needs a version')
  expect((own.description?.length ?? 0) > 10, 'needs a description')
  expect((own.keywords?.length ?? 0) > 0, 'needs keywords')

  // A bundler drops an entry that only registers, unless it is named here.
  expectField('sideEffects', registers ? ['./dist/index.js', './src/index.ts'] : false)

  for (const [name, conditions] of Object.entries(own.exports ?? {})) {
    const entry = name === '.' ? 'index' : name.slice(2)
    const isOfOthers = Object.keys(conditions).join() === 'types' && conditions.types?.startsWith('./types/')
    if (isOfOthers) continue
    const expected = {
      '@sess/source': `./src/${entry}.ts`,
      types: `./dist/${entry}.d.ts`,
      default: `./dist/${entry}.js`,
    }
    expect(
      isDeepStrictEqual(Object.entries(conditions), Object.entries(expected)),
      `exports "${name}" must be ${JSON.stringify(expected)}`,
    )
    for (const path of Object.values(conditions)) expect(has(path), `exports "${name}": ${path} is missing`)
  }

  if (isCore) {
    expectField('dependencies', undefined)
    expectField('peerDependencies', undefined)
  } else {
    expect(
      own.peerDependencies?.['@sess/core'] === 'workspace:^',
      'needs the peer "@sess/core": "workspace:^"',
    )
    expect(
      own.devDependencies?.['@sess/core'] === 'workspace:*',
      'needs the dev dependency "@sess/core": "workspace:*"',
    )
    for (const [name, range] of Object.entries(own.dependencies ?? {}))
      if (isShared(folder, name)) expect(range === 'workspace:^', `${name} must be "workspace:^"`)
      else expect(!name.startsWith('@sess/'), `${name} must be a peer, else two copies can be installed`)
  }

  if (expectReadme(folder)) {
    const readme = read(`${folder}/README.md`)
    expect(readme.startsWith(`# ${own.name}\n`), `README.md must begin with "# ${own.name}"`)
    const sections = [...readme.matchAll(/^## (.+)$/gm)].map(([, title]) => title)
    for (const section of isEngine ? engineSections : otherSections)
      expect(sections.includes(section), `README.md needs a section "## ${section}"`)
  }
  expect(has('LICENSE') && read(`${folder}/LICENSE`) === license, 'needs the LICENSE of the root')
  expect(built.includes(folder), 'is not in the references of tsconfig.json')
  expect(!ignoredByChangesets.includes(own.name), 'must not be ignored by changesets')
}

/** @param {string} folder */
function expectReadme(folder) {
  const there = existsSync(`${root}${folder}/README.md`)
  if (!there) problems.push(`${folder}: needs a README.md`)
  return there
}

const readme = existsSync(`${root}README.md`) ? read('README.md') : ''
for (const command of ['npx -y pnpm@12 start', 'npx -y pnpm@12 test'])
  if (!readme.includes(command)) problems.push(`README.md must show the command "${command}"`)

conclude('packages', problems)
