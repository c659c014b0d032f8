import { answers } from '../../adapter-groups/answers.ts'
import { failures } from '../../adapter-groups/failures.ts'
import { loading } from '../../adapter-groups/loading.ts'
import { properties } from '../../adapter-groups/properties.ts'
import { proxies } from '../../adapter-groups/proxies.ts'
import { routes } from '../../adapter-groups/routes.ts'
import { saving } from '../../adapter-groups/saving.ts'
import { sessions } from '../../adapter-groups/sessions.ts'
import { streams } from '../../adapter-groups/streams.ts'
import type { Check } from '../check.ts'
import { inTime } from '../in-time.ts'
import { type CheckResult, runEach } from '../run-checks.ts'
import { AdapterRig } from './rig.ts'
import type { AdapterGroup } from './rule.ts'
import type { AdapterSubject } from './subject.ts'

/** How long a check may take, in milliseconds: a request that hangs is a failure. */
const CHECK_TIMEOUT = 10_000

/** The checks of an adapter. */
export function adapterChecksOf<Context>(subject: AdapterSubject<Context>): Check[] {
  // The kit only hands back to the subject what the subject gave.
  const any = subject as AdapterSubject<unknown>
  const groups: AdapterGroup[] = [
    sessions,
    properties,
    loading,
    routes,
    ...answers(any),
    saving,
    streams,
    failures,
    proxies(any),
  ]
  return groups.flatMap(group =>
    group.rules.map(({ name, check }) => ({
      group: group.name,
      name,
      leftOut: async () => undefined,
      run: async () => {
        const rig = new AdapterRig(any)
        try {
          await inTime(check(rig), CHECK_TIMEOUT, 'the check did not come to an end')
        } finally {
          await rig.close()
        }
      },
    })),
  )
}

/** Runs the checks of an adapter, one after another, without a test runner. Never rejects for a failing check. */
export function runAdapterChecks<Context>(subject: AdapterSubject<Context>): Promise<CheckResult[]> {
  return runEach(adapterChecksOf(subject))
}
