// What a reader of the tree would stumble over.
import { homedir } from 'node:os'
import { conclude, read, root, trackedFiles } from './lib/workspace.mjs'

const maxLines = 300
/** @type {Record<string, string>} files that may be longer, and why */
const longFiles = {}

const problems = []
const sources = trackedFiles('*.ts', '*.mts', '*.mjs', '*.js')

for (const file of sources) {
  const lines = read(file).split('\n').length - 1
  if (lines > maxLines && !(file in longFiles)) problems.push(`${file} has ${lines} lines; split it by idea`)
}
for (const file of Object.keys(longFiles))
  if (!sources.includes(file) || read(file).split('\n').length - 1 <= maxLines)
    problems.push(`${file} need not be among the long files`)

const leftovers =
  /\b(?:it|test|describe)\.(?:skip|only|todo)\b|@ts-(?:ignore|nocheck)|(?:\bas|:) any(?=\s*(?:[^\w\s]|$))|\b(?:TODO|FIXME|XXX)\b/
const machinePath = new RegExp(
  `${[root, `${homedir()}/`].map(path => path.replace(/[^\w/]/g, '\\$&')).join('|')}|(?<![\\w.])/(?:home|Users|root|work)/\\w`,
)
const typeTest = /\.(?:test-d|types\.test)\.ts$|^scripts\//
for (const file of trackedFiles()) {
  if (file === 'pnpm-lock.yaml' || file === 'scripts/check-files.mjs') continue
  const text = read(file)
  if (text.includes('\0')) continue
  text.split('\n').forEach((line, i) => {
    if (machinePath.test(line)) problems.push(`${file}:${i + 1} holds a path of one machine`)
    if (!/\.m?[tj]s$/.test(file)) return
    if (leftovers.test(line)) problems.push(`${file}:${i + 1} left behind: ${line.trim()}`)
    if (line.includes('@ts-expect-error') && !typeTest.test(file))
      problems.push(`${file}:${i + 1} @ts-expect-error belongs in a type test`)
  })
}

conclude('files', problems)
