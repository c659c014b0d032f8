// The engine with its SDK loaded, which takes a second on a busy machine: no part of the time that opening has.
import 'couchbase'

export * from '../../dist/index.js'
