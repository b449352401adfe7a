// Made by scripts/generate-docs.mjs from what the sources read; do not edit.

/** Broker configurations that are accepted and change nothing yet. */
export const brokerKeysWithoutEffect: ReadonlySet<string> = new Set([])

/** Topic configurations that are accepted and change nothing yet. */
export const topicKeysWithoutEffect: ReadonlySet<string> = new Set([])

/** Group configurations that are accepted and change nothing yet. */
export const groupKeysWithoutEffect: ReadonlySet<string> = new Set([])
