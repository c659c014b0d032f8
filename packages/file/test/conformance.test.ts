import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileStore } from '@sess/file'
import { testEngine } from '@sess/testkit'
import { newDirectory, pathIn } from './support/workplace.ts'

testEngine({
  name: 'file',
  create: async ({ clock }) => {
    const directory = await newDirectory()
    return {
      connect: () => FileStore.open(directory, { clock }),
      dump: async () => {
        const entries = await readdir(directory, { recursive: true, withFileTypes: true })
        const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
        const names = entries.map(entry => join(entry.parentPath, entry.name))
        return [...names, ...(await Promise.all(files.map(file => readFile(file))))]
      },
      tamper: async (id, change) => {
        const path = pathIn(directory, id)
        await writeFile(path, change(await readFile(path)))
      },
      outage: async () => {
        // Somebody has put something else in its place. An empty directory would be made use of.
        const away = `${directory}.away`
        await rename(directory, away)
        await mkdir(directory)
        await writeFile(join(directory, 'notes.txt'), 'of somebody else')
        return async () => {
          await rm(directory, { recursive: true })
          await rename(away, directory)
        }
      },
      destroy: () => rm(directory, { recursive: true, force: true }),
    }
  },
})
