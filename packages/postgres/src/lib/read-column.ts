/** The type `bytea`. */
const BYTEA = 17

/**
 * How to read a column of a type. The settings of the driver, which are global and may have been changed, have no say
 * in it: binary data comes as a Buffer, all else as text.
 */
export function readColumn(type: number): (text: string) => unknown {
  return type === BYTEA ? readBytes : readText
}

function readText(text: string): string {
  return text
}

function readBytes(text: string): Buffer {
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex')
  // What the server sends where bytea_output is 'escape'.
  const bytes = text.replace(/\\(?:\\|([0-7]{3}))/g, (_, octal?: string) =>
    octal === undefined ? '\\' : String.fromCharCode(Number.parseInt(octal, 8)),
  )
  return Buffer.from(bytes, 'latin1')
}
