import { noService, service } from '@sess/testing'
import { Pool } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newId, Place } from './support/place.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

describe.skipIf(isMissing)('a given pool', () => {
  it('has one listener, however many stores use it, and none when they are closed', async () => {
    const place = new Place(account as NonNullable<typeof account>)
    const client = new Pool({ ...place.account, application_name: place.table })
    onTestFinished(() => client.end())
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    const open = () => place.open({ client, tableName: place.table, createTable: true })
    const stores = [await open()]
    for (let i = 0; i < 24; i++) stores.push(await open())
    expect(client.listenerCount('error')).toBe(1)
    for (const store of stores.slice(1)) await store.close()
    // The last one still needs it.
    await stores[1]?.close()
    const isEnded = new Promise(resolve => client.once('remove', resolve))
    await place.rows('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      place.table,
    ])
    await isEnded
    expect(await stores[0]?.load(newId())).toBeUndefined()
    await stores[0]?.close()
    expect(client.eventNames()).toEqual([])
    const again = await open()
    expect(client.listenerCount('error')).toBe(1)
    await again.close()
    const connection = await client.connect()
    expect(connection.listenerCount('error')).toBe(0)
    connection.release()
    expect(client.listenerCount('error')).toBe(0)
    expect(warnings).toEqual([])
  })
})
