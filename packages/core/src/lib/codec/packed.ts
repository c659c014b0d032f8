/*
 * Values that JSON cannot say, as JSON: in a packed value every array is a node whose first element is its
 * kind, so no key of a user's object can be taken for a mark.
 *
 *   ["u"]                 undefined
 *   ["n", text]           a number: NaN, Infinity, -Infinity, -0
 *   ["b", digits]         a bigint
 *   ["d", time]           a Date, with null for an invalid one
 *   ["a", …members]       an Array, with ["h"] for a hole
 *   ["o", properties]     an object without a prototype
 *   ["m", key, value, …]  a Map
 *   ["s", …members]       a Set
 *   ["y", class, base64]  binary data
 *   ["c", name, state]    an instance of a registered class
 *   ["p", node, props]    one of a, d, m, s, y with properties of its own
 *   ["r", number]         an object that came before: objects are numbered as they begin, from 0
 */
export type Packed = string | number | boolean | null | Packed[] | { [key: string]: Packed }

export const MAX_DEPTH = 500
/** More than fits any engine's session. A codec could go on for ever. */
export const MAX_MEMBERS = 10_000_000

type View = new (buffer: ArrayBuffer) => ArrayBufferView

/** The classes of binary data, by their names. */
export const views: ReadonlyMap<string, View> = new Map<string, View>(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  ].map(View => [View.name, View]),
)
