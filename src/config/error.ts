// What is wrong with a configuration, said once: to the terminal by the command line, as INVALID_CONFIG by the request handlers.

/** A key, its value and what is allowed there. `key` is null where no single key is to blame. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly key: string | null

  constructor(key: string | null, message: string, options?: ErrorOptions) {
    super(message, options)
    this.key = key
  }
}
