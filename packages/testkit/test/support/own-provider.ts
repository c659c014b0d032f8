import type { Clock, Provider, SessionStore } from '@sess/core/engine'
import type { Backend } from '@sess/testkit'

export interface Row {
  values: Map<string, unknown>
  expiresAt: number
}

/** What a request sees of one session: a copy of its values until it is released. */
export class OwnStore implements SessionStore {
  readonly #sid: string
  readonly #values: Map<string, unknown>
  readonly #save: (values: Map<string, unknown>) => void
  #changed = false

  constructor(sid: string, values: Map<string, unknown>, save: (values: Map<string, unknown>) => void) {
    this.#sid = sid
    this.#values = values
    this.#save = save
  }

  get(key: string): never {
    return this.#values.get(key) as never
  }

  set(key: string, value: unknown): void {
    this.#values.set(key, value)
    this.#changed = true
  }

  delete(key: string): void {
    this.#values.delete(key)
    this.#changed = true
  }

  flush(): void {
    this.#values.clear()
    this.#changed = true
  }

  sessionID(): string {
    return this.#sid
  }

  async sessionRelease(): Promise<void> {
    if (this.#changed) this.#save(this.#values)
    this.#changed = false
  }
}

/** The seven methods over a Map. */
export class OwnProvider implements Provider {
  protected readonly rows: Map<string, Row>
  protected readonly clock: Clock
  protected maxLifetime = 0

  constructor(rows: Map<string, Row>, clock: Clock) {
    this.rows = rows
    this.clock = clock
  }

  async sessionInit(maxLifetime: number): Promise<void> {
    this.maxLifetime = maxLifetime * 1000
  }

  async sessionRead(sid: string): Promise<SessionStore> {
    return new OwnStore(sid, new Map(this.live(sid)?.values), values => this.save(sid, values))
  }

  async sessionExist(sid: string): Promise<boolean> {
    return this.live(sid) !== undefined
  }

  async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    const row = this.live(oldSid)
    this.rows.delete(oldSid)
    if (row) this.rows.set(sid, row)
    return this.sessionRead(sid)
  }

  async sessionDestroy(sid: string): Promise<void> {
    this.rows.delete(sid)
  }

  async sessionAll(): Promise<number> {
    return [...this.rows.keys()].filter(sid => this.live(sid)).length
  }

  async sessionGC(): Promise<void> {
    for (const sid of this.rows.keys()) if (!this.live(sid)) this.rows.delete(sid)
  }

  protected live(sid: string): Row | undefined {
    const row = this.rows.get(sid)
    return row && row.expiresAt > this.clock.now() ? row : undefined
  }

  protected save(sid: string, values: Map<string, unknown>): void {
    this.rows.set(sid, { values: new Map(values), expiresAt: this.clock.now() + this.maxLifetime })
  }
}

/** A backend of sessions, reached by providers of the given class. */
export function ownBackend(
  clock: Clock,
  Own: new (rows: Map<string, Row>, clock: Clock) => Provider = OwnProvider,
): Backend {
  const rows = new Map<string, Row>()
  return {
    connect: () => new Own(rows, clock),
    dump: () => [...rows].flatMap(([sid, row]) => [sid, JSON.stringify([...row.values.keys()])]),
  }
}
