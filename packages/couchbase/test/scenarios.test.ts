import type { Server } from '@sess/testing'
import { type ScenarioEngine, testFailures, testSharing } from '@sess/testing/scenarios'
import { CouchbaseDouble } from './support/couchbase-double.ts'

interface DoubleServer extends Server {
  readonly double: CouchbaseDouble
}

async function startServer(): Promise<DoubleServer> {
  const double = await CouchbaseDouble.start()
  return {
    double,
    host: '127.0.0.1',
    port: double.port,
    url: double.url(),
    kill: () => double.stop(),
    stop: () => double.stop(),
    restart: async () => {
      await double.stop()
      await double.restart()
    },
    pause: () => double.pause(),
    resume: () => double.resume(),
    close: () => double.stop(),
  }
}

const engine: ScenarioEngine<DoubleServer> = {
  title: 'couchbase',
  module: new URL('./support/loaded.mjs', import.meta.url).href,
  provider: 'couchbase',
  start: startServer,
  config: (server, route) => {
    const { port } = route.via(server)
    if (port !== server.port) server.double.advertise(port)
    return server.double.url('', port)
  },
}

testSharing(engine)
testFailures(engine)
