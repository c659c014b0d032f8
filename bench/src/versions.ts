import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

interface Package {
  version: string
  dependencies: Record<string, string>
}

/** Of ours, and of all others that take part with servers, as `name version`. */
export function packageVersions(withServers: boolean): string[] {
  const { dependencies } = readPackage(new URL('../package.json', import.meta.url))
  return Object.keys(dependencies)
    .filter(name => name === '@sess/core' || (withServers && !name.startsWith('@sess/')))
    .map(name => `${name} ${versionOf(name)}`)
}

function versionOf(name: string): string {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return readPackage(`${folder}/${name}/package.json`).version
    } catch {}
  }
  return 'unknown'
}

function readPackage(path: string | URL): Package {
  return JSON.parse(readFileSync(path, 'utf8')) as Package
}
