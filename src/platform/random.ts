// Chance. The real one is cryptographic; the simulated one has a seed.

export interface Random {
  /** From 0 up to and without 1. */
  next(): number
  bytes(length: number): Uint8Array
}
