import { testAdapter } from '@sess/testkit/adapter'
import express from 'express'
import express4 from 'express4'
import { connectSubject } from './support/connect.ts'
import { subjectOf } from './support/subject.ts'

testAdapter(subjectOf('Express 5', express))
testAdapter(subjectOf('Express 4', express4))
testAdapter(connectSubject)
