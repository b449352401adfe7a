// What is wrong with a configuration, said once: to the terminal by the command line, as an error code by the request handlers.

/** Which of Kafka's errors an answer carries: a value that cannot be, or a change that is not allowed here. */
export type Refusal = 'INVALID_CONFIG' | 'INVALID_REQUEST'

/** A key, its value and what is allowed there. `key` is null where no single key is to blame. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly key: string | null
  readonly refusal: Refusal

  constructor(key: string | null, message: string, refusal: Refusal = 'INVALID_CONFIG') {
    super(message)
    this.key = key
    this.refusal = refusal
  }
}
