import { rm } from 'node:fs/promises'
import { testSharing } from '@sess/testing/scenarios'
import { newDirectory } from './support/workplace.ts'

testSharing({
  title: 'file',
  module: new URL('../dist/index.js', import.meta.url).href,
  provider: 'file',
  start: async () => {
    const directory = await newDirectory()
    return { directory, close: () => rm(directory, { recursive: true }) }
  },
  config: ({ directory }) => directory,
})
