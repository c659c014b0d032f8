import { isSessionError } from '@sess/core/engine'
import type { PostgresConfig } from '@sess/postgres'
import { noService, service } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, newName, Place } from './support/place.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

function newPlace(): Place {
  return new Place(account as NonNullable<typeof account>)
}

async function problem(place: Place, config: PostgresConfig = {}): Promise<string> {
  const error = await place.open({ ...place.config, createTable: false, ...config }).catch(error => error)
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
  return error.message
}

/** The statements that a message tells to run. */
function remedyIn(message: string): string {
  return message.slice(message.indexOf('\n\n'))
}

async function expectWorks(place: Place, config: PostgresConfig = {}): Promise<void> {
  const store = await place.open({ ...place.config, createTable: false, ...config })
  const id = newId()
  const data = dataOf(100)
  expect(await store.create(id, data, place.in(1000))).toBeDefined()
  expect(await store.create(id, data, place.in(1000))).toBeUndefined()
  expect(await store.load(id)).toMatchObject({ data, expiresAt: place.in(1000) })
  expect(await store.count(place.clock.now())).toBe(1)
}

/** An account that may do what is granted here, and what connects as it. */
async function newUser(place: Place, grants: string): Promise<{ user: string; password: string }> {
  const user = newName('u')
  await place.admin.query(`CREATE ROLE ${user} LOGIN PASSWORD 'other'; ${grants.replaceAll('USER', user)}`)
  onTestFinished(() => void place.admin.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`))
  return { user, password: 'other' }
}

describe.skipIf(isMissing)('the rights', () => {
  const all = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']

  it.each([...all, 'UPDATE, DELETE', 'SELECT, INSERT'])(
    'without %s are refused by name, with what grants them',
    async missing => {
      const place = newPlace()
      await place.open()
      const rights = all.filter(right => !missing.split(', ').includes(right))
      const as = await newUser(place, `GRANT ${rights.join()} ON ${place.table} TO USER`)
      const message = await problem(place, as)
      expect(message).toContain(`${as.user} has no right to ${missing}. It takes:`)
      await place.admin.query(remedyIn(message))
      await expectWorks(place, as)
    },
  )

  it('on the schema are missing', async () => {
    const place = newPlace()
    const schema = newName('s')
    await place.admin.query(`CREATE SCHEMA ${schema}`)
    onTestFinished(() => void place.admin.query(`DROP SCHEMA ${schema} CASCADE`))
    const tableName = `${schema}.t`
    await place.open({ ...place.config, tableName })
    const as = await newUser(place, `GRANT ALL ON ${tableName} TO USER`)
    const message = await problem(place, { ...as, tableName })
    expect(message).toContain(`GRANT USAGE ON SCHEMA "${schema}" TO ${as.user};`)
    await place.admin.query(remedyIn(message))
    await expectWorks(place, { ...as, tableName })
  })

  it.each([
    ['without a policy', ''],
    ['with a policy for reads alone', 'CREATE POLICY p ON TABLE FOR SELECT USING (true)'],
    ['with a policy that lets nobody change', 'CREATE POLICY p ON TABLE USING (true) WITH CHECK (false)'],
    [
      'with a policy that hides what is written',
      'CREATE POLICY a ON TABLE FOR SELECT USING (false); CREATE POLICY b ON TABLE FOR INSERT WITH CHECK (true)',
    ],
  ])('by row level security %s are missing', async (_, policies) => {
    const place = newPlace()
    await place.open()
    await place.admin.query(
      `ALTER TABLE ${place.table} ENABLE ROW LEVEL SECURITY; ${policies.replaceAll('TABLE', place.table)}`,
    )
    const as = await newUser(place, `GRANT SELECT, INSERT, UPDATE, DELETE ON ${place.table} TO USER`)
    const message = await problem(place, as)
    expect(message).toMatch(/hides sessions from u_\w+, by row level security/)
    await place.admin.query(remedyIn(message))
    await expectWorks(place, as)
    expect(await place.expiries()).toHaveLength(1)
  })

  it('to write are missing where transactions are read-only for the role', async () => {
    const place = newPlace()
    await place.open()
    const as = await newUser(
      place,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${place.table} TO USER; ALTER ROLE USER SET default_transaction_read_only = on`,
    )
    const message = await problem(place, as)
    expect(message).toMatch(/transactions are read-only here/)
    await place.admin.query(remedyIn(message))
    await expectWorks(place, as)
  })

  it.each([
    [', other text NOT NULL', '', /another column that must have a value/],
    [
      '',
      `CREATE FUNCTION TABLE_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER t BEFORE INSERT ON TABLE FOR EACH ROW EXECUTE FUNCTION TABLE_f()`,
      /by row level security or a trigger/,
    ],
    [', CHECK (octet_length(session_data) > 1000)', '', /does not take a session \(23514\)/],
  ])('are of no use on a table with %s%s', async (column, then, message) => {
    const place = newPlace()
    const columns = 'session_key text PRIMARY KEY, session_data bytea, session_expiry bigint'
    await place.admin.query(`CREATE TABLE ${place.table} (${columns}${column})`)
    await place.admin.query(then.replaceAll('TABLE', place.table))
    expect(await problem(place)).toMatch(message)
  })

  it('are tried without a trace, and in one more message', async () => {
    const place = newPlace()
    await place.open()
    await place.admin.query(`CREATE TABLE ${place.table}_log (what text)`)
    onTestFinished(() => void place.admin.query(`DROP TABLE ${place.table}_log CASCADE`))
    await place.admin.query(
      `CREATE RULE r AS ON DELETE TO ${place.table} DO ALSO INSERT INTO ${place.table}_log VALUES ('x')`,
    )
    await place.open()
    expect(await place.rows(`SELECT * FROM ${place.table}`)).toEqual([])
    expect(await place.rows(`SELECT * FROM ${place.table}_log`)).toEqual([])
  })
})

describe.skipIf(isMissing)('a table of another library', () => {
  it.each([
    ['connect-pg-simple', 'sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL'],
    ['NextAuth', 'id serial PRIMARY KEY, "sessionToken" text, "userId" integer, expires timestamptz'],
    ['Laravel', 'id varchar(255) PRIMARY KEY, payload text, last_activity integer'],
  ])('is left alone: that of %s', async (_, columns) => {
    const place = newPlace()
    await place.admin.query(`CREATE TABLE ${place.table} (${columns})`)
    for (const createTable of [true, false])
      expect(await problem(place, { createTable })).toMatch(
        /has no column session_key: it is of something else.*\n\nSet tableName to/s,
      )
  })
})
