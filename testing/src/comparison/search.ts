import { Random } from '../lib/random.ts'
import { Comparison, type Mode, modes } from './compare.ts'
import { type Plan, randomPlan } from './step.ts'

/** A handler that is answered otherwise with sessions than without. */
export interface Finding {
  readonly app: string
  readonly mode: Mode
  readonly plan: Plan
  readonly difference: string
}

/** How many handlers run at once in one app. */
const PARALLEL = 48
/** Findings after which an app has had enough. */
const ENOUGH = 5
/** How often a handler has to differ: what depends on the moment of a cut connection does not each time. */
const CERTAIN = 4

/** Compares `count` random handlers in all, spread over the apps. */
export async function findDifferences(search: {
  seed: number
  count: number
  apps: readonly string[]
}): Promise<{ tried: number; findings: Finding[] }> {
  let tried = 0
  const findings: Finding[] = []
  for (const [i, app] of search.apps.entries()) {
    const random = new Random(search.seed + i)
    const comparison = await Comparison.open(app)
    const found: Finding[] = []
    let left = Math.ceil(search.count / search.apps.length)
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        while (left-- > 0 && found.length < ENOUGH) {
          const plan = randomPlan(random)
          const mode = random.pick(modes)
          tried++
          if ((await comparison.difference(plan, mode)) === undefined) continue
          const finding = await confirmed(comparison, app, mode, plan)
          if (finding) found.push(await shortest(comparison, finding))
        }
      }),
    )
    comparison.close()
    findings.push(...found)
  }
  return { tried, findings }
}

async function confirmed(
  comparison: Comparison,
  app: string,
  mode: Mode,
  plan: Plan,
): Promise<Finding | undefined> {
  let difference: string | undefined
  for (let i = 0; i < CERTAIN; i++) {
    difference = await comparison.difference(plan, mode)
    if (difference === undefined) return undefined
  }
  return { app, mode, plan, difference: difference as string }
}

/** The finding with as few steps as still differ. */
async function shortest(comparison: Comparison, finding: Finding): Promise<Finding> {
  for (let i = finding.plan.steps.length - 1; i >= 0; i--) {
    const plan = { ...finding.plan, steps: finding.plan.steps.toSpliced(i, 1) }
    const shorter = await confirmed(comparison, finding.app, finding.mode, plan)
    if (shorter) return shortest(comparison, shorter)
  }
  return finding
}
