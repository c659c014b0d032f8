import { testAdapter } from '@sess/testkit/adapter'
import { PlainAdapter, plain } from './adapters/plain.ts'

testAdapter(plain('node:http', PlainAdapter))
