/** As much of a Dockerfile as ours has: its stages, each a list of instructions. */

const KNOWN = new Set([
  'ARG',
  'FROM',
  'WORKDIR',
  'COPY',
  'RUN',
  'LABEL',
  'ENV',
  'VOLUME',
  'USER',
  'EXPOSE',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'ENTRYPOINT',
])

/** Stages in the order of the file: `name` (null without one) and `steps` of `word` and `text`. Throws for an instruction that is not known here. */
export function parseDockerfile(text) {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line) && line.trim() !== '')
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  const stages = []
  for (const line of lines) {
    const [, word, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    if (!KNOWN.has(word)) throw new Error(`not an instruction that is known here: ${line}`)
    if (word === 'FROM') stages.push({ name: / AS (\S+)$/.exec(rest)?.[1] ?? null, steps: [] })
    stages.at(-1)?.steps.push({ word, text: rest })
  }
  return stages
}

/** What a COPY copies from where to where; `from` is the stage, null for the project's folder. */
export function copyOf(text) {
  const words = text.split(/\s+/)
  const from = words[0].startsWith('--from=') ? words.shift().slice('--from='.length) : null
  return { from, sources: words.slice(0, -1), target: words.at(-1) }
}

/** The text of the last instruction of this name in a stage; undefined where there is none. */
export function lastOf({ steps }, word) {
  return steps.findLast((step) => step.word === word)?.text
}
