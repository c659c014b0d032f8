import { describe, expect, test } from 'vitest'
import { SessionIDs } from '../src/lib/session-id.ts'

function idsWith(hashFunc: string, ...keys: string[]): SessionIDs {
  const ids = new SessionIDs()
  ids.setHashFunc(hashFunc, keys)
  return ids
}

describe('finding an id', () => {
  test('tells the key and the storage id, the first time and every other', () => {
    const old = idsWith('sha1', 'old').create()
    const ids = idsWith('sha1', 'new', 'old')
    const sid = ids.create()
    for (let i = 0; i < 3; i++) {
      expect(ids.find(sid)).toEqual({ key: 0, storageID: ids.storageID(sid) })
      expect(ids.find(old)).toEqual({ key: 1, storageID: ids.storageID(old) })
    }
  })

  test('takes ids without a tag where an empty key is among the keys, and renews them', () => {
    const untagged = idsWith('sha1').create()
    const ids = idsWith('sha1', 'new', 'old', '')
    expect(ids.find(untagged)).toEqual({ key: 2, storageID: ids.storageID(untagged) })
    const renewed = ids.renew(untagged)
    expect(ids.find(renewed)).toEqual({ key: 0, storageID: ids.storageID(untagged) })
    expect(idsWith('sha1', 'new').find(untagged)).toBeUndefined()
    const back = idsWith('sha1', '', 'new')
    expect(back.find(renewed)).toEqual({ key: 1, storageID: ids.storageID(untagged) })
    expect(back.renew(renewed)).toBe(untagged)
    expect(back.create()).toHaveLength(32)
    expect(idsWith('sha1').find(renewed)).toBeUndefined()
    expect(ids.find(`${untagged}${'0'.repeat(32)}`)).toBeUndefined()
  })

  test('remembers nothing of what is not one of ours', () => {
    const ids = idsWith('sha1', 'key')
    const forged = idsWith('sha1', 'other key').create()
    for (let i = 0; i < 3; i++) expect(ids.find(forged)).toBeUndefined()
    expect(ids.find(ids.create().replace(/.$/, 'x'))).toBeUndefined()
  })

  test('forgets with a key what it has made', () => {
    const ids = idsWith('sha1', 'key')
    const sid = ids.create()
    expect(ids.find(sid)).toBeDefined()
    ids.setHashFunc('sha1', ['other key'])
    expect(ids.find(sid)).toBeUndefined()
  })
})
