import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Group, onSession } from '../lib/rule.ts'
import { anyKey, anyValue, assertSame, Cart, Money, values } from '../lib/values.ts'

/** What was set is what another request reads, on another server. */
export const types: Group = {
  name: 'types',
  rules: [
    ...Object.entries(values).map(([name, value]) =>
      onSession(`keeps ${name}`, async rig => {
        const visitor = rig.visitor()
        await visitor.visit(await rig.server(), session => session.set('value', value))
        await visitor.visit(await rig.server(), session => assertSame(session.get('value'), value, name))
      }),
    ),

    onSession('keeps null apart from nothing', async rig => {
      const visitor = rig.visitor()
      await visitor.visit(await rig.server(), session => session.set('null', null))
      await visitor.visit(await rig.server(), session => assert.equal(session.get('null'), null))
    }),

    onSession('keeps undefined apart from a missing key', async rig => {
      const visitor = rig.visitor()
      await visitor.visit(await rig.server(), session => session.set('undefined', undefined))
      await visitor.visit(await rig.server(), session => {
        assert.equal(session.has('undefined'), true, 'a key that holds undefined is not missing')
        assert.equal(session.get('undefined'), undefined)
        assert.equal(session.has('missing'), false)
      })
    }),

    onSession('keeps one object at several places one object, and equal ones apart', async rig => {
      const visitor = rig.visitor()
      await visitor.visit(await rig.server(), session => {
        const shared = { items: ['tea'] }
        session.set('plain', { first: shared, again: [shared, shared], other: { items: ['tea'] } })
        const at = new Date(0)
        session.set(
          'rich',
          new Map<string, unknown>([
            ['at', at],
            ['times', [at, new Date(0)]],
          ]),
        )
      })
      await visitor.visit(await rig.server(), session => {
        const plain = session.get('plain') as { first: object; again: object[]; other: object }
        assert.ok(
          plain.again.every(each => each === plain.first),
          'one object has become several',
        )
        assert.notEqual(plain.first, plain.other, 'two equal objects have become one')
        const rich = session.get('rich') as Map<string, unknown>
        const times = rich.get('times') as Date[]
        assert.equal(times[0], rich.get('at'), 'one Date has become two')
        assert.notEqual(times[0], times[1], 'two Dates have become one')
      })
    }),

    onSession('gives registered classes back as instances', async rig => {
      const visitor = rig.visitor()
      await visitor.visit(await rig.server(), session => {
        session.set('cart', new Cart(['tea'], new Date(1)))
        session.set('money', new Money(12n))
      })
      await visitor.visit(await rig.server(), session => {
        const [cart, money] = [session.get('cart'), session.get('money')]
        assert.ok(cart instanceof Cart, 'the cart is no Cart')
        assert.equal(cart.size, 1)
        assert.ok(cart.since instanceof Date, 'a Date in the cart is no Date')
        assert.ok(money instanceof Money, 'the money is no Money')
        assert.equal(money.cents, 12n)
      })
    }),

    onSession('keeps keys of every kind apart', async rig => {
      const keys = [
        '',
        ' ',
        'a',
        'A',
        'ä',
        'a\u0308',
        '__proto__',
        'constructor',
        'toString',
        '\ud800',
        '\u0000',
        'k'.repeat(300),
      ]
      const visitor = rig.visitor()
      await visitor.visit(await rig.server(), session => {
        for (const [i, key] of keys.entries()) session.set(key, { i })
      })
      await visitor.visit(await rig.server(), session => {
        for (const [i, key] of keys.entries())
          assertSame(session.get(key), { i }, `key ${JSON.stringify(key)}`)
        assert.equal(session.get('hasOwnProperty'), undefined, 'a key that nobody set')
      })
      assert.equal(Reflect.get({}, 'i'), undefined, 'Object.prototype was changed')
    }),

    onSession('keeps whatever else', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const sessions = fc.dictionary(anyKey, anyValue, { maxKeys: 4 })
      const keepsAll = fc.asyncProperty(sessions, async data => {
        const entries = Object.entries(data)
        const visitor = rig.visitor()
        await visitor.visit(one, session => {
          for (const [key, value] of entries) session.set(key, value)
        })
        await visitor.visit(two, session => {
          for (const [key, value] of entries)
            assertSame(session.get(key), value, `key ${JSON.stringify(key)}`)
        })
      })
      await fc.assert(keepsAll, rig.random(50))
    }),

    onSession('saves a value that was changed in place', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('cart', new Cart(['tea'], new Date(1))))
      await visitor.visit(two, session => (session.get('cart') as Cart).items.push('rice'))
      await visitor.visit(one, session =>
        assert.deepEqual((session.get('cart') as Cart).items, ['tea', 'rice']),
      )
    }),

    onSession('refuses a value that is another one each time, and does not save it for ever', async rig => {
      const server = await rig.server()
      const visit = await rig.visitor().open(server)
      let count = 0
      const value = {
        get n() {
          return ++count
        },
      }
      visit.session.set('bad', value)
      await assert.rejects(
        async () => {
          for (let i = 0; i < 5; i++) await visit.session.sessionRelease()
        },
        { code: 'ERR_VALUE', key: 'bad' },
      )
      assert.ok(
        server.probe.count('create', 'update', 'seal', 'sessionRelease') <= 2,
        'it was saved more than twice',
      )
    }),

    onSession('refuses what cannot be stored, naming the key, and keeps the rest', async rig => {
      const server = await rig.server()
      const visitor = rig.visitor()
      await visitor.visit(server, session => session.set('name', 'astaxie'))
      class Unregistered {}
      const cycle: unknown[] = []
      cycle.push(cycle)
      await visitor.visit(server, session => {
        const bad = [
          () => 1,
          Symbol('s'),
          cycle,
          new Unregistered(),
          { in: [new Unregistered()] },
          Promise.resolve(1),
        ]
        const hiding = [{ [Symbol('s')]: 1 }, Object.defineProperty({}, 'hidden', { value: 1 })]
        for (const value of [...bad, ...hiding])
          assert.throws(() => session.set('bad', value), { code: 'ERR_VALUE', key: 'bad' })
      })
      await visitor.visit(server, session => {
        assert.equal(session.get('name'), 'astaxie')
        assert.equal(session.get('bad'), undefined)
      })
    }),
  ],
}
