import type { MysqlConnection, MysqlPool } from './driver.ts'

/** Is told of a connection, or why there is none. */
export type Waiter = (error: Error | null, connection: MysqlConnection) => void

/**
 * Those who wait for a connection. A pool has a line of its own, which nobody can leave: while a server is silent
 * it would grow with every request. So whoever comes next takes the place of one who left.
 */
export class ConnectionLine {
  readonly #pool: MysqlPool
  readonly #waiters = new Set<Waiter>()
  /** Places in the pool's line. */
  #places = 0

  constructor(pool: MysqlPool) {
    this.#pool = pool
  }

  join(waiter: Waiter): void {
    this.#waiters.add(waiter)
    if (this.#places >= this.#waiters.size) return
    this.#places++
    this.#pool.getConnection((error, connection) => this.#serve(error, connection))
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter)
  }

  #serve(error: Error | null, connection: MysqlConnection): void {
    this.#places--
    const [first] = this.#waiters
    if (first) {
      this.#waiters.delete(first)
      first(error, connection)
    } else if (!error) connection.release()
  }
}
