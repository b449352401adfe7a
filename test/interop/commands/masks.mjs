/** What must differ between two runs of one line, taken out of what they print. */

/** Everything of a result that is compared, as text. */
export function compared({ code, stdout, stderr }, { masks = [], isUnordered = false }, broker) {
  const out = masked(stdout, masks, broker)
  return [
    `exit code ${code}`,
    ...(isUnordered ? out.sort() : out).map((line) => `1| ${line}`),
    ...complaints(stderr, masks, broker).map((line) => `2| ${line}`),
  ].join('\n')
}

/** Lines without what differs: addresses, ids, times. Blank lines at the end do not count. */
function masked(text, masks, { bootstrap, dataDir, controller }) {
  let result = text.replaceAll(bootstrap, 'HOST:PORT').replaceAll(bootstrap.split(':')[1], 'PORT').replaceAll(dataDir, 'DATA')
  if (controller) result = result.replaceAll(controller, 'CONTROLLER')
  result = result.replace(/\b(TopicId: |TopicId ')[\w-]{22}/g, '$1ID')
  for (const [pattern, replacement] of masks) result = result.replace(pattern, replacement)
  return result.trimEnd().split('\n')
}

/**
 * What a person reads of stderr: Java's stack traces, log lines and the classes of exceptions are left out, and so is what is said twice. Of the help the
 * options are compared, not the sentences about them.
 */
function complaints(stderr, masks, broker) {
  const said = []
  for (const line of masked(helpAsNames(stderr), masks, broker)) {
    if (/^\s+(at |\.\.\. \d+ more|Suppressed: )|^Caused by: |^\s*$/.test(line) || /^\[[^\]]*\] (ERROR|WARN|INFO) /.test(line))
      continue
    const text = line
      .replace(/^(Exception in thread "[^"]*" )?((?:[\w$]+\.)+[\w$]*(?:Exception|Error|Exited)(?:: |$))+/, '')
      .trimEnd()
    if (text !== '' && !said.includes(text)) said.push(text)
  }
  return said
}

/** From the head of a table of options on: the names of its options alone. */
function helpAsNames(text) {
  const at = text.search(/^Option( \(\* = required\))? +Description *$/m)
  if (at < 0) return text
  const names = [...text.slice(at).matchAll(/^(?:\* )?(--[a-z0-9.-]+|-[a-z])\b/gm)].map(([, name]) => name)
  return `${text.slice(0, at)}${names.map((name) => `OPTION ${name}`).join('\n')}`
}
