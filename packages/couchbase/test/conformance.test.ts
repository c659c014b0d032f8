import { CouchbaseStore } from '@sess/couchbase'
import { checksOf, type Subject, testEngine } from '@sess/testkit'
import { CouchbaseDouble } from './support/couchbase-double.ts'

const PREFIX = 'sess:id:'

function subject(timeout: number): Subject {
  return {
    name: 'couchbase',
    create: async ({ clock }) => {
      const start = { real: Date.now(), moved: clock.now() }
      const double = await CouchbaseDouble.start({ now: () => start.real + clock.now() - start.moved })
      const documents = double.documents()
      return {
        connect: () => CouchbaseStore.open(double.url(), { clock, timeout }),
        dump: () => [...documents.entries()].flatMap(([key, { value }]) => [key, value]),
        tamper: (id, change) => documents.tamper(`${PREFIX}${id}`, change),
        outage: async () => {
          await double.stop()
          return () => double.restart()
        },
        destroy: () => double.stop(),
      }
    },
  }
}

const groups = [...new Set(checksOf(subject(0)).map(({ group }) => group))]
// The SDK takes seconds to read the largest document on a busy machine.
testEngine(subject(20_000), { groups: groups.filter(group => group !== 'outage') })
// Every call waits for its timeout while the cluster is away.
testEngine(subject(700), { groups: ['outage'] })
