import assert from 'node:assert/strict'
import type { AdapterRig } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'

async function isSecure(
  rig: AdapterRig,
  trustProxy: boolean,
  headers: Record<string, string>,
): Promise<boolean> {
  const { hasProxySetting } = rig.subject
  const browser = await rig.start(
    {
      '/': (session, context) => {
        session.set('n', 1)
        return rig.text(context, 'hello')
      },
    },
    // Where the framework has a setting, the manager's is the opposite: it must not matter.
    { trustProxy, manager: { trustProxy: hasProxySetting ? !trustProxy : trustProxy } },
  )
  const { setCookies } = await browser.ask('/', { headers })
  assert.equal(setCookies.length, 1, 'Set-Cookie lines')
  return /; Secure(;|$)/.test(setCookies[0] as string)
}

const overTLS = { 'X-Forwarded-Proto': 'https' }

/** Whether the client came over TLS, as the framework is told to find out. */
export const proxies: AdapterGroup = {
  name: 'proxies',
  rules: [
    {
      name: 'that are trusted make the cookie Secure',
      check: async rig => assert.equal(await isSecure(rig, true, overTLS), true),
    },
    {
      name: 'that are trusted leave the cookie of a plain connection plain',
      check: async rig => assert.equal(await isSecure(rig, true, {}), false),
    },
    {
      name: 'that are not trusted make no cookie Secure',
      check: async rig => assert.equal(await isSecure(rig, false, overTLS), false),
    },
  ],
}
