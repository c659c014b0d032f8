import { noServer } from '@sess/testing'
import { testEngine } from '@sess/testkit'
import { newSubject } from './support/kit.ts'
import { specTable } from './support/place.ts'

if (!(await noServer('mysql'))) testEngine(await newSubject('mysql, the table of the documents', specTable))
