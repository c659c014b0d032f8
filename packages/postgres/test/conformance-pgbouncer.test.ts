import { noServer } from '@sess/testing'
import { testEngine } from '@sess/testkit'
import { newSubject } from './support/kit.ts'

if (!(await noServer('postgres', 'pgbouncer'))) {
  const subject = await newSubject('postgresql, not prepared, through PgBouncer in transaction mode', {
    config: { prepared: false },
    isBounced: true,
  })
  testEngine(subject)
}
