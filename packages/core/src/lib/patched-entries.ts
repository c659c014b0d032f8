import type { Entries } from './codec/entries.ts'
import { applyOperation, type Patch } from './patch.ts'

/** What the entries will be once a patch that is being saved is stored. */
export class PatchedEntries implements Entries {
  readonly #base: Entries
  readonly #patch: Patch

  constructor(base: Entries, patch: Patch) {
    this.#base = base
    this.#patch = patch
  }

  get(key: string): string | undefined {
    const operation = this.#patch.operations.get(key)
    const before = this.#patch.cleared ? undefined : this.#base.get(key)
    return operation ? applyOperation(before, key, operation) : before
  }

  *keys(): Generator<string, void, undefined> {
    const { cleared, operations } = this.#patch
    if (!cleared) for (const key of this.#base.keys()) if (this.get(key) !== undefined) yield key
    for (const [key, { kind }] of operations)
      if (kind !== 'delete' && (cleared || this.#base.get(key) === undefined)) yield key
  }
}
