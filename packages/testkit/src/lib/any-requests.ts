import fc from 'fast-check'

/** One thing that a handler does. */
export type Step = { do: 'set' | 'delete' | 'push' | 'update'; key: string; value: number } | { do: 'flush' }

/** What a handler does, and how it saves that. */
export interface Round {
  steps: Step[]
  end: 'release' | 'destroy' | 'regenerate'
}

interface Plan {
  server: number
  /** How much later the request comes, in seconds: sometimes the session is due for an extension. */
  later: number
  rounds: Round[]
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('set' as const, 'delete' as const),
    key: fc.constantFrom('a', 'b', 'n'),
    value: fc.integer({ min: 10, max: 99 }),
  }),
  fc.record({
    do: fc.constant('update' as const),
    key: fc.constantFrom('a', 'n', 'n'),
    value: fc.constant(1),
  }),
  fc.record({
    do: fc.constant('push' as const),
    key: fc.constant('list'),
    value: fc.integer({ min: 10, max: 99 }),
  }),
  fc.record({ do: fc.constant('flush' as const) }),
)

const plan: fc.Arbitrary<Plan> = fc.record({
  server: fc.integer({ min: 0, max: 2 }),
  later: fc.constantFrom(0, 0, 400),
  rounds: fc.array(
    fc.record({
      steps: fc.array(step, { maxLength: 3 }),
      end: fc.constantFrom('release' as const, 'release' as const, 'destroy' as const, 'regenerate' as const),
    }),
    { minLength: 1, maxLength: 2 },
  ),
})

/** Requests of one visitor, in which order their backend calls are made, and how those go wrong. */
export interface Requests {
  plans: Plan[]
  /** Which of the calls that wait is made next, over and over. */
  picks: number[]
  /** What becomes of each call, over and over; every call is done when there are none. */
  fates: Fate[]
}

/** A call is done, is not done and fails, or is done and fails. */
export type Fate = 'done' | 'refused' | 'lost'

const plans = fc.array(plan, { minLength: 2, maxLength: 4 })
const picks = fc.array(fc.nat(5), { minLength: 1, maxLength: 30 })
const fate = fc.constantFrom<Fate[]>('done', 'done', 'done', 'done', 'refused', 'lost')

export const anyRequests: fc.Arbitrary<Requests> = fc.record({ plans, picks, fates: fc.constant([]) })

/**
 * The same on a backend that fails now and then. All at one time: what core finds when it looks after a lost
 * answer must not have expired since.
 */
export const anyFailingRequests: fc.Arbitrary<Requests> = fc.record({
  plans: plans.map(each => each.map(plan => ({ ...plan, later: 0 }))),
  picks,
  fates: fc.array(fate, { minLength: 1, maxLength: 20 }),
})
