export interface MicroResult {
  name: string
  /** For one operation, one value a round. */
  microseconds: number[]
  note?: string
}

export async function runMicro(_rounds: number, _log: (line: string) => void): Promise<MicroResult[]> {
  return []
}
