import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')

/** Ports of this machine that compose.yaml binds. */
async function publishedPorts(): Promise<number[]> {
  const text = await read('../../compose.yaml')
  return [...text.matchAll(/127\.0\.0\.1:(\d+)(?:-(\d+))?:/g)].flatMap(([, first, last = first]) => {
    const count = Number(last) - Number(first) + 1
    return Array.from({ length: count }, (_, i) => Number(first) + i)
  })
}

it('names servers where compose.yaml has them', async () => {
  const ports = await publishedPorts()
  const lines = (await read('../compose.env')).split('\n').filter(line => /^\w/.test(line))
  expect(lines).toHaveLength(7)
  for (const line of lines)
    for (const [, port] of line.matchAll(/127\.0\.0\.1:(\d+)/g)) expect(ports, line).toContain(Number(port))
  expect(ports).toContain(11210)
})

it('is what the README says', async () => {
  const readme = await read('../README.md')
  const variables = [...(await read('../compose.env')).matchAll(/^(\w+)=(.+)$/gm)]
  for (const [, name, value] of variables) expect(readme).toContain(`| \`${name}\` | \`${value}\` |`)
})
