import { readTableName, type SqlDialect } from '@sess/sql'
import { expect, it } from 'vitest'
import { statementsFor } from '../src/lib/statements.ts'

const dialect: SqlDialect = {
  engine: 'own',
  quote: '"',
  maxNameBytes: 63,
  placeholder: position => `$${position}`,
  unlessTaken: 'ON CONFLICT (session_key) DO NOTHING',
  isTaken: () => false,
  isGivenUp: () => false,
}

it('numbers the values of each statement, and only those', () => {
  const { load, insert, swap } = statementsFor(dialect, '"a?$1{table}"')
  expect(load.text).toBe('SELECT session_data, session_expiry FROM "a?$1{table}" WHERE session_key = $1')
  expect(insert.text).toBe(
    'INSERT INTO "a?$1{table}" (session_key, session_data, session_expiry) VALUES ($1, $2, $3) ON CONFLICT (session_key) DO NOTHING',
  )
  expect(swap.text).toMatch(
    /^UPDATE "a\?\$1\{table\}" SET session_data = \$1, session_expiry = \$2 WHERE session_key = \$3 AND session_expiry > \$4 AND substr\(session_data, 1, 8\) = \$5/,
  )
})

it('asks for the time, and never lets the server tell it', () => {
  for (const { text } of Object.values(statementsFor(dialect, 't')))
    expect(text).not.toMatch(/now\(|current_|sysdate|utc_/i)
})

it.each([
  [undefined, { schema: undefined, table: 'session', quoted: '"session"' }],
  ['app.session', { schema: 'app', table: 'session', quoted: '"app"."session"' }],
  ['a"b', { schema: undefined, table: 'a"b', quoted: '"a""b"' }],
  ['é'.repeat(31), { schema: undefined, table: 'é'.repeat(31), quoted: `"${'é'.repeat(31)}"` }],
])('takes the table %j', (tableName, expected) => {
  expect(readTableName(dialect, tableName)).toEqual(expected)
})

it.each(['', ' ', 'a.b.c', '.b', 'a.', 'a\0', 'é'.repeat(32), 5, null])('refuses the table %j', tableName => {
  expect(() => readTableName(dialect, tableName)).toThrow(
    /^providerConfig of the own engine: 'tableName' must be the name of a table, of at most 63 bytes/,
  )
})
