import { parseArgs } from 'node:util'
import { newSeed } from '../lib/random.ts'
import { apps } from './apps.ts'
import { findDifferences } from './search.ts'

// `node testing/dist/comparison/main.js --count 1000000 --seed 1 --app express`

// Frameworks print errors otherwise.
process.env.NODE_ENV = 'test'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '20000' }, seed: { type: 'string' }, app: { type: 'string' } },
})
const seed = Number(values.seed ?? newSeed())
const names = values.app === undefined ? Object.keys(apps) : [values.app]
console.log(`seed ${seed}`)
const started = Date.now()
const { tried, findings } = await findDifferences({ seed, count: Number(values.count), apps: names })
for (const { app, mode, plan, difference } of findings)
  console.log(`\n${app}, saved ${mode}: ${difference}\n${JSON.stringify(plan).replace(/\.{9,}/g, '…')}`)
console.log(
  `\n${tried} handlers compared in ${((Date.now() - started) / 1000).toFixed(0)} s: ${findings.length} differ`,
)
process.exit(findings.length === 0 ? 0 : 1)
