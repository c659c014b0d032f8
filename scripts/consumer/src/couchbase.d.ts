// In place of the types of @sess/couchbase: those of the SDK behind it do not compile where libraries are checked.
export {}
