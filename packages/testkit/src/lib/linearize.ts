/** Something that took effect at one moment between its begin and its end. */
export interface Operation<State> {
  readonly name: string
  readonly begin: number
  readonly end: number
  /** It may as well not have happened at all. */
  readonly isOptional?: boolean
  /** The state after it, or `undefined` if what was seen cannot have happened in this state. */
  apply(state: State): State | undefined
}

/**
 * Whether some order explains what was seen: one in which every operation happened at one moment, none before
 * one that had ended when it began. `identify` must give equal texts for equal states.
 */
export function isLinearizable<State>(
  initial: State,
  operations: readonly Operation<State>[],
  identify: (state: State) => string,
): boolean {
  const failed = new Set<string>()

  function explain(state: State, left: readonly Operation<State>[]): boolean {
    if (left.length === 0) return true
    const position = `${left.map(each => each.begin).join()} ${identify(state)}`
    if (failed.has(position)) return false
    const firstEnd = Math.min(...left.map(each => each.end))
    for (const next of left) {
      if (next.begin > firstEnd) continue
      const others = left.filter(each => each !== next)
      const after = next.apply(state)
      if (after !== undefined && explain(after, others)) return true
      if (next.isOptional && explain(state, others)) return true
    }
    failed.add(position)
    return false
  }

  return explain(initial, operations)
}
