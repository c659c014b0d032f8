import type { Server } from '../daemon.ts'
import type { Setup } from '../worker/setup.ts'
import { Child } from './child.ts'
import type { Place, Route, ScenarioEngine } from './engine.ts'
import { direct, type ProxiedRoute, startProxies } from './route.ts'

/** What a scenario plays on: an engine's server, processes that use it, and the network between. */
export class Stage<P extends Place> {
  readonly place: P
  readonly #engine: ScenarioEngine<P>
  readonly #ends: (() => unknown)[] = []

  constructor(engine: ScenarioEngine<P>, place: P) {
    this.#engine = engine
    this.place = place
  }

  child(): Child {
    const child = new Child()
    this.#ends.push(() => child.kill())
    return child
  }

  /** A process with an open manager. */
  async openedChild(setup: Setup = this.setup()): Promise<Child> {
    const child = this.child()
    await child.call('open', setup)
    return child
  }

  setup({ route = direct, timeout = 30_000 }: { route?: Route; timeout?: number } = {}): Setup {
    const { module, provider } = this.#engine
    return { module, provider, timeout, config: this.#engine.config(this.place, route) }
  }

  /** A way to the server through proxies, one for each of its addresses. */
  async proxied(): Promise<ProxiedRoute> {
    const { place } = this
    const route = await startProxies(this.#engine.addresses?.(place) ?? (isServer(place) ? [place] : []))
    this.#ends.push(() => route.close())
    return route
  }

  /** Ends what the scenario has started, but not the server. */
  async clear(): Promise<void> {
    await Promise.all(this.#ends.splice(0).map(end => end()))
  }
}

function isServer(place: Place): place is Server {
  return 'port' in place
}
