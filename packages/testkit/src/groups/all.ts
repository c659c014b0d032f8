import type { Group } from '../lib/rule.ts'
import { budget } from './budget.ts'
import { close } from './close.ts'
import { concurrency } from './concurrency.ts'
import { corruption } from './corruption.ts'
import { count } from './count.ts'
import { create } from './create.ts'
import { remove } from './delete.ts'
import { expiry } from './expiry.ts'
import { faults } from './faults.ts'
import { isolation } from './isolation.ts'
import { load } from './load.ts'
import { outage } from './outage.ts'
import { provider } from './provider.ts'
import { regenerate } from './regenerate.ts'
import { regenerateFaults } from './regenerate-faults.ts'
import { save } from './save.ts'
import { seal } from './seal.ts'
import { secrets } from './secrets.ts'
import { size } from './size.ts'
import { sweep } from './sweep.ts'
import { touch } from './touch.ts'
import { types } from './types.ts'

/** Every group of the kit, simple things first. */
export const groups: readonly Group[] = [
  create,
  load,
  save,
  touch,
  remove,
  expiry,
  count,
  sweep,
  seal,
  provider,
  isolation,
  types,
  size,
  corruption,
  regenerate,
  regenerateFaults,
  concurrency,
  budget,
  faults,
  outage,
  secrets,
  close,
]
