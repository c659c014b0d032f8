// A process of its own, on the built package: opens a store when it is told to, uses it, and says how it went.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { MysqlStore } from '@sess/mysql'

const [config] = process.argv.slice(2)
process.stdout.write('ready\n')
await once(process.stdin, 'data')
try {
  const store = await MysqlStore.open(JSON.parse(config), { clock: Date })
  const id = randomBytes(32).toString('hex')
  await store.create(id, randomBytes(40), Date.now() + 60_000)
  process.stdout.write((await store.load(id)) ? 'done\n' : 'lost\n')
  await store.close()
} catch (error) {
  process.stdout.write(`${error.code} ${error.message}\n`)
}
process.stdin.destroy()
