// Broken promises of our own code. An assertion that fails is a bug: it never stands for bad input, which is a KafkaError.

/** Thrown where our own code broke a promise. Never caught to go on; a request that meets it answers UNKNOWN_SERVER_ERROR. */
export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed'
}

/** Stops with `what` should have held when `condition` is false. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AssertionFailed(what)
}

/** Makes the compiler prove that every kind was handled; throws if a value slipped past it. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unexpected kind: ${JSON.stringify(value)}`)
}
