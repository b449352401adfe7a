/** What must differ between two runs of one line, taken out of what they print. */

/** Everything of a result that is compared, as text. */
export function compared(
  { code, stdout, stderr },
  { masks = [], isUnordered = false, ignores, normalize = (text) => text, inOwnWords = false },
  broker,
) {
  // Somebody is told what is wrong, in words that are our own.
  if (inOwnWords) return `exit code ${code}\n${(stdout + stderr).trim() === '' ? 'silent' : 'says something'}`
  const out = masked(stdout.startsWith('usage: ') ? usageAsNames(stdout) : normalize(stdout), masks, broker)
  return [
    `exit code ${code}`,
    ...(isUnordered ? out.sort() : out).map((line) => `1| ${line}`),
    ...complaints(stderr, out.join('\n'), { masks, ignores }, broker).map((line) => `2| ${line}`),
  ].join('\n')
}

/** Lines without what differs: addresses, ids, times. Blank lines at the end do not count. */
function masked(text, masks, { bootstrap, dataDir, controller, own }) {
  let result = text
    .replaceAll(own, 'OWN')
    .replaceAll(bootstrap, 'HOST:PORT')
    .replaceAll(bootstrap.split(':')[1], 'PORT')
    .replaceAll(dataDir, 'DATA')
  if (controller) result = result.replaceAll(controller, 'CONTROLLER')
  result = result.replace(/(\bTopicId: |\bTopicId '|"directoryId": "|^Cluster ?I[Dd]: +)[\w-]{22}/gm, '$1ID')
  for (const [pattern, replacement] of masks) result = result.replace(pattern, replacement)
  // The order of these options and states changes from one run of Apache's to the next.
  result = result.replace(/\[[a-z-]+\](?:, \[[a-z-]+\])+/g, (names) => names.split(', ').sort().join(', '))
  result = result.replace(/(Valid states are: )(.*)/, (_, said, states) => said + states.split(', ').sort().join(', '))
  return result.replace(/\n+$/, '').split('\n')
}

const EXCEPTION = /^(Exception in thread "[^"]*" )?((?:[\w$]+\.)+[\w$]*(?:Exception|Error|Exited)(?::\s|:?$))+/

/**
 * What a person reads of stderr: Java's stack traces, log lines and the classes of exceptions are left out, and so is what is said twice, or on stdout
 * already. Of the help the options are compared, not the sentences about them.
 */
function complaints(stderr, out, { masks, ignores }, broker) {
  const said = []
  for (const line of masked(helpAsNames(stderr), masks, broker)) {
    if (/^\s+(at |\.\.\. \d+ more|Suppressed: )|^Caused by: |^\s*$/.test(line) || /^\[[^\]]*\] (ERROR|WARN|INFO) /.test(line))
      continue
    if (ignores?.test(line)) continue
    const text = line.replace(EXCEPTION, '').trimEnd()
    const isRepeated =
      said.includes(text) || (text !== line && (out.includes(text) || said.some((other) => other.includes(text))))
    if (text !== '' && !isRepeated) said.push(text)
  }
  return said
}

/** From the head of a table of options on: the names of its options alone. */
function helpAsNames(text) {
  const at = text.search(/^Option( \(\* = required\))? +Description *$/m)
  if (at < 0) return withoutUsage(text)
  const names = [...text.slice(at).matchAll(/^(?:\* )?(--[a-z0-9.-]+|-[a-z])\b/gm)].map(([, name]) => name)
  return `${text.slice(0, at)}${names.map((name) => `OPTION ${name}`).join('\n')}`
}

/** The other kind of help breaks its lines elsewhere, and doubles blanks to fill them: of it the last sentence counts. */
function withoutUsage(text) {
  const at = text.search(/^[\w.-]+:\s+error:/m)
  if (!text.startsWith('usage: ') || at < 0) return text
  const said = text.slice(at).replace(/\s+/g, ' ')
  return said.replace(/ Did you mean.*$/, '').replace(/- (?=-?\w)/g, '-')
}

/** Of such a help the names of options and subcommands. */
function usageAsNames(text) {
  const options = [...text.matchAll(/^ {1,4}(-\S.*)$/gm)].flatMap(
    ([, line]) => line.split(/ {2,}/)[0].match(/--[a-z][a-z-]+/g) ?? [],
  )
  return [...new Set([...options, ...(text.match(/\{[a-z,-]+\}/g) ?? [])])].sort().join('\n')
}
