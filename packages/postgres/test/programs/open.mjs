import { once } from 'node:events'
import { PostgresStore } from '@sess/postgres'

// Opens a store when it is told to, and says how it went.
process.stdout.write('ready\n')
await once(process.stdin, 'data')
process.stdin.destroy()
const config = JSON.parse(process.argv[2])
try {
  const store = await PostgresStore.open(config, { clock: Date })
  await store.close()
  process.stdout.write('open\n')
} catch (error) {
  process.stdout.write(`${error.code} ${error.message}\n`)
}
