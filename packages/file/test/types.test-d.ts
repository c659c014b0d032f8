/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import '@sess/file'

interface User {
  username: string
}

export async function configs(): Promise<void> {
  await newManager('file', { providerConfig: './tmp' })
  const manager = await newManager<User>('file', { providerConfig: { directory: './tmp' } })
  const session = await manager.sessionStart(new Request('http://localhost'), new Headers())
  const username: string | undefined = session.get('username')
  // @ts-expect-error a misspelt key
  session.get('usrname')
  // @ts-expect-error a misspelt option
  await newManager('file', { providerConfig: { direktory: './tmp' } })
  // @ts-expect-error a misspelt option
  await newManager<User>('file', { providerConfig: { direktory: './tmp' } })
  // @ts-expect-error no config of this engine
  await newManager('file', { providerConfig: 5 })
  console.log(username)
}
