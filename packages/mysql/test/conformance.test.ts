import { noServer } from '@sess/testing'
import { testEngine } from '@sess/testkit'
import { newSubject } from './support/kit.ts'

if (!(await noServer('mysql'))) testEngine(await newSubject('mysql, a table of its own making'))
