import type { Address } from '../tcp.ts'

/** Where scenarios keep sessions: a server, a directory. */
export interface Place {
  close(): Promise<void>
}

/** Tells a config which address to name, so that what is sent there can go through a proxy. */
export interface Route {
  /** The address to connect to in place of `address`. */
  via(address: Address): Address
  /** The same for drivers that hear of addresses from the server, as ioredis' option `natMap`. */
  readonly natMap: Readonly<Record<string, Address>>
}

/** An engine that is put through the scenarios. */
export interface ScenarioEngine<P extends Place = Place> {
  /** As in the table of round trips. */
  readonly title: string
  /** URL of the built module: `new URL('../dist/index.js', import.meta.url).href`. */
  readonly module: string
  /** The name that it registers. */
  readonly provider: string
  /** Starts a place that nobody else uses; called once for each group of scenarios. */
  start(): Promise<P>
  /** The `providerConfig`, as JSON can carry it. */
  config(place: P, route: Route): unknown
  /** All addresses that the driver connects to; by default the server's own. */
  addresses?(place: P): readonly Address[]
}
