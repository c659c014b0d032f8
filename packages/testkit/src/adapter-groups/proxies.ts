import assert from 'node:assert/strict'
import type { AdapterRig } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'
import type { AdapterSubject } from '../lib/adapter/subject.ts'

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

const forwarded = { Forwarded: 'for=192.0.2.1;proto=https' }
const overTLS = { 'X-Forwarded-Proto': 'https' }

/** Whether the client came over TLS, as the framework is told to find out. */
export function proxies({ hasProxySetting }: AdapterSubject<unknown>): AdapterGroup {
  const standard = {
    name: 'that are trusted may speak the standard, RFC 7239',
    check: async (rig: AdapterRig) => assert.equal(await isSecure(rig, true, forwarded), true),
  }
  return {
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
        check: async rig => {
          assert.equal(await isSecure(rig, false, overTLS), false)
          await rig.close()
          assert.equal(await isSecure(rig, false, forwarded), false)
        },
      },
      // A framework that has a setting of its own reads what it reads.
      ...(hasProxySetting ? [] : [standard]),
    ],
  }
}
