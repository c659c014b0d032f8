import type { Bucket } from './buckets.ts'
import type { Documents, Outcome, Write } from './documents.ts'
import { type Request, type Response, readLeb128, uint32 } from './frames.ts'
import { Opcode, Status } from './protocol.ts'

/** The key-value commands on an open bucket. */
export function execute(bucket: Bucket, request: Request, hasCollections: boolean): Response {
  if (request.opcode === Opcode.getCollectionId) return collectionId(bucket, request.value.toString())
  const { value: id, rest } = hasCollections ? readLeb128(request.key) : { value: 0, rest: request.key }
  const collection = bucket.byId(id)
  if (collection === undefined) return { status: Status.unknownCollection }
  if (rest.length === 0 || rest.length > 250 || request.durability > 3)
    return { status: request.durability > 3 ? Status.durabilityInvalidLevel : Status.invalid }
  return onDocument(collection.documents, rest.toString('latin1'), request)
}

function onDocument(documents: Documents, key: string, request: Request): Response {
  const { opcode, extras, cas } = request
  switch (opcode) {
    case Opcode.get:
      return withValue(documents.get(key))
    case Opcode.insert:
      return withCas(documents.insert(key, writeOf(request)))
    case Opcode.replace:
      return withCas(documents.replace(key, writeOf(request)))
    case Opcode.upsert:
      return withCas(documents.upsert(key, writeOf(request)))
    case Opcode.remove:
      return withCas(documents.remove(key, cas))
    case Opcode.touch:
      return withCas(documents.touch(key, extras.readUInt32BE()))
    case Opcode.getAndTouch:
      return withValue(documents.touch(key, extras.readUInt32BE()))
    case Opcode.getAndLock:
      return withValue(documents.lock(key, extras.length === 4 ? extras.readUInt32BE() : 0))
    case Opcode.unlock:
      return withCas(documents.unlock(key, cas))
    case Opcode.getMeta:
      return withMeta(documents.get(key))
  }
  return { status: Status.unknownCommand }
}

function collectionId(bucket: Bucket, path: string): Response {
  const [scope = '', collection = ''] = path.split('.')
  const found = bucket.find(scope, collection)
  if (found === 'no scope') return { status: Status.unknownScope }
  if (found === 'no collection') return { status: Status.unknownCollection }
  return { status: Status.success, extras: Buffer.concat([Buffer.alloc(8), uint32(found.id)]) }
}

function writeOf({ extras, value, datatype, cas, preservesExpiry }: Request): Write {
  return {
    value,
    flags: extras.readUInt32BE(0),
    expiry: extras.readUInt32BE(4),
    datatype,
    cas,
    preservesExpiry,
  }
}

function withCas({ status, cas = 0n }: Outcome): Response {
  return { status, cas }
}

function withValue({ status, document, cas = 0n }: Outcome): Response {
  if (status !== Status.success || document === undefined) return { status }
  return { status, cas, datatype: document.datatype, extras: uint32(document.flags), value: document.value }
}

function withMeta({ status, document, cas = 0n }: Outcome): Response {
  if (status !== Status.success || document === undefined) return { status }
  const numbers = [0, document.flags, document.expiry, 0, 1].map(uint32)
  return { status, cas, extras: Buffer.concat([...numbers, Buffer.from([document.datatype])]) }
}
