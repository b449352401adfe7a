/** One row of the table: a command line as it is typed, with `$B` for --bootstrap-server and the address, `$C` for --bootstrap-controller and its, `$D` for the judge's folder, `$L` for the broker's. */

/** A line that changes nothing on the broker: both commands run it against the same one, and Apache's against ours as well. */
export const reads = (tool, words, more = {}) => ({ kind: 'reads', tool, words, ...more })

/** A line whose output hangs on what its own broker lived through: as `reads`, on that broker alone. */
export const looks = (tool, words, more = {}) => ({ kind: 'looks', tool, words, ...more })

/** A line that changes something: each command runs it against the broker of its side. */
export const changes = (tool, words, more = {}) => ({ kind: 'changes', tool, words, ...more })

/** A line that is refused before any broker is asked, or that needs none: as `reads`, and no broker is waited for. */
export const wrong = (tool, words, more = {}) => ({ kind: 'wrong', tool, words, ...more })

/** What is said about it is our own, and no less; exit codes are Kafka's. */
export const inOwnWords = (line) => ({ ...line, inOwnWords: true })

/** The words of a line as a shell would give them: single and double quotes hold blanks together. */
export function wordsOf(text) {
  return [...text.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, one, two) => one ?? two),
  )
}
