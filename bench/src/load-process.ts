// The load generator's own process, told what to do by main over its IPC channel.
import { connect, type Limit, type LoadTarget, type Visitors } from './load.ts'

let visitors: Visitors

process.on('message', async (message: { open: LoadTarget } | Limit | 'verify' | 'close') => {
  try {
    if (message === 'close') {
      visitors.close()
      process.send?.({ closed: true })
    } else if (message === 'verify') {
      await visitors.verify()
      process.send?.({ verified: true })
    } else if ('open' in message) {
      visitors = await connect(message.open)
      process.send?.({ opened: true })
    } else {
      process.send?.({ result: await visitors.run(message) })
    }
  } catch (error) {
    process.send?.({ error: (error as Error).message })
  }
})
process.on('disconnect', () => process.exit())
