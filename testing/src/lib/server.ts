import type { Daemon, Server } from './daemon.ts'

/** What a test gets of a server that is one process. */
export function serverOf(daemon: Daemon, url: string): Server {
  return {
    host: daemon.host,
    port: daemon.port,
    url,
    kill: () => daemon.kill(),
    stop: () => daemon.stop(),
    restart: () => daemon.restart(),
    pause: () => daemon.pause(),
    resume: () => daemon.resume(),
    close: () => daemon.close(),
  }
}

/** A server of several processes: each thing is done to all of them at once. */
export function serverOfAll(daemons: readonly Daemon[], first: Daemon, url: string): Server {
  const all = async (what: (daemon: Daemon) => Promise<void>) => {
    await Promise.all(daemons.map(what))
  }
  return {
    host: first.host,
    port: first.port,
    url,
    kill: () => all(daemon => daemon.kill()),
    stop: () => all(daemon => daemon.stop()),
    restart: () => all(daemon => daemon.restart()),
    pause: () => daemons.forEach(daemon => void daemon.pause()),
    resume: () => daemons.forEach(daemon => void daemon.resume()),
    close: () => all(daemon => daemon.close()),
  }
}
