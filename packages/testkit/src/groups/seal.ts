import assert from 'node:assert/strict'
import { allBytes, newData } from '../lib/records.ts'
import { type Group, onSeal } from '../lib/rule.ts'

/** A sealed session lives with the client, who must neither read nor change it. */
export const seal: Group = {
  name: 'seal',
  rules: [
    onSeal('opens what it sealed, on every server', async rig => {
      const [one, two] = [await rig.seal(), await rig.seal()]
      for (const data of [allBytes(), newData(24), newData(3000)]) {
        const expiresAt = rig.in(60)
        const sealed = await one.seal(data, expiresAt)
        for (const store of [one, two]) {
          const opened = await store.open(sealed)
          assert.ok(opened, 'a sealed session cannot be opened')
          assert.ok(Buffer.compare(opened.data, data) === 0, 'the seal holds other bytes')
          rig.assertExpiry(opened.expiresAt, expiresAt)
        }
      }
    }),

    onSeal('makes text that a cookie can hold', async rig => {
      const store = await rig.seal()
      assert.match(await store.seal(allBytes(), rig.in(60)), /^[!#-+\--:<-[\]-~]+$/)
    }),

    onSeal('never seals twice to the same text', async rig => {
      const store = await rig.seal()
      const data = newData()
      const texts = new Set<string>()
      for (let i = 0; i < 50; i++) texts.add(await store.seal(data, rig.in(60)))
      assert.equal(texts.size, 50)
    }),

    onSeal('hides the data', async rig => {
      const store = await rig.seal()
      const secret = 'the secret of the visitor'
      const sealed = await store.seal(newData(secret), rig.in(60))
      for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const)
        for (let skip = 0; skip < 4; skip++)
          assert.ok(!Buffer.from(sealed.slice(skip), encoding).includes(secret), 'the data can be read')
    }),

    onSeal('opens nothing that was changed', async rig => {
      const store = await rig.seal()
      const sealed = await store.seal(newData(), rig.in(60))
      for (let i = 0; i < sealed.length; i++) {
        const changed = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'B' : 'A'}${sealed.slice(i + 1)}`
        assert.equal(await store.open(changed), undefined, `opened with character ${i} changed`)
        assert.equal(await store.open(sealed.slice(0, i)), undefined, `opened when cut to ${i} characters`)
      }
      assert.equal(await store.open(sealed + sealed), undefined)
      assert.equal(await store.open(`${sealed}A`), undefined)
    }),

    onSeal('opens nothing that it did not make', async rig => {
      const store = await rig.seal()
      for (const text of [
        '',
        'x',
        '.',
        '..',
        'A'.repeat(200),
        '{"name":"astaxie"}',
        '\u0000',
        '\ud800',
        'é'.repeat(50),
      ])
        assert.equal(await store.open(text), undefined, JSON.stringify(text))
    }),
  ],
}
