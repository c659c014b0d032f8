/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import '@sess/cookie'

interface User {
  username: string
}

export async function configs(secret: string): Promise<void> {
  await newManager('cookie', { providerConfig: secret })
  await newManager('cookie', 'gosessionid', 3600, '{"cookieName":"gosessionid","securityKey":"…"}')
  const manager = await newManager<User>('cookie', { providerConfig: { secrets: [secret], maxCookies: 2 } })
  const session = await manager.sessionStart(new Request('http://localhost'), new Headers())
  const username: string | undefined = session.get('username')
  // @ts-expect-error a misspelt key
  session.get('usrname')
  // @ts-expect-error a misspelt option
  await newManager('cookie', { providerConfig: { secret } })
  // @ts-expect-error the secret cannot be missing
  await newManager('cookie', { providerConfig: { maxCookies: 2 } })
  // @ts-expect-error no config of this engine
  await newManager('cookie', { providerConfig: 5 })
  console.log(username)
}
