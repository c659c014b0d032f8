import { noServer } from '@sess/testing'
import { testEngine } from '@sess/testkit'
import { newSubject } from './support/kit.ts'

if (!(await noServer('postgres')))
  testEngine(await newSubject('postgresql, not prepared', { prepared: false }))
