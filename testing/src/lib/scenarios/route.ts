import { type Cut, type Network, startProxy } from '../proxy.ts'
import { type Address, formatAddress } from '../tcp.ts'
import type { Route } from './engine.ts'

/** Straight to the server. */
export const direct: Route = { via: address => address, natMap: {} }

/** A way to a server on which each of its addresses has a proxy before it; they fail together. */
export interface ProxiedRoute extends Route, Network {}

export async function startProxies(addresses: readonly Address[]): Promise<ProxiedRoute> {
  const proxies = await Promise.all(addresses.map(startProxy))
  const places = proxies.map(({ host, port }) => ({ host, port }))
  const natMap = Object.fromEntries(addresses.map((each, i) => [formatAddress(each), places[i] as Address]))
  const sum = (what: 'exchanges' | 'connections' | 'cuts') =>
    proxies.reduce((total, proxy) => total + proxy[what], 0)
  return {
    natMap,
    via: address => natMap[formatAddress(address)] ?? address,
    get exchanges() {
      return sum('exchanges')
    },
    get connections() {
      return sum('connections')
    },
    get cuts() {
      return sum('cuts')
    },
    freeze: () => proxies.forEach(proxy => void proxy.freeze()),
    thaw: () => proxies.forEach(proxy => void proxy.thaw()),
    cut: (how?: Cut) => proxies.forEach(proxy => void proxy.cut(how)),
    refuse: async () => void (await Promise.all(proxies.map(proxy => proxy.refuse()))),
    allow: async () => void (await Promise.all(proxies.map(proxy => proxy.allow()))),
    cutAnswers: (probability, seed) => {
      proxies.forEach((proxy, i) => void proxy.cutAnswers(probability, seed === undefined ? seed : seed + i))
    },
    close: async () => void (await Promise.all(proxies.map(proxy => proxy.close()))),
  }
}
