// Damage that leaves a file another one of its kind: the format has no checksum, so nobody can tell. The judge's own idea of each format,
// stricter than nothing and apart from the code that reads them.

const UUID = '[A-Za-z0-9_-]{22}'

/** Whether `bytes` could have been written as the file of that name. */
export function couldBeWhole(path: string, bytes: Uint8Array | null): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  // Where nobody ever deleted records, or aborted a transaction, there is no such file.
  if (bytes === null) return name === 'log-start-offset-checkpoint' || name.endsWith('.txnindex')
  if (name.endsWith('.txnindex')) return isTransactionIndex(Buffer.from(bytes))
  const text = Buffer.from(bytes).toString('latin1')
  if (name.endsWith('-offset-checkpoint')) return isCheckpoint(text, /^\S+ \d+ \d+$/)
  if (name === 'leader-epoch-checkpoint') return isCheckpoint(text, /^\d+ \d+$/) && epochsGrow(text)
  if (name === 'partition.metadata') return new RegExp(`^version: 0\ntopic_id: ${UUID}\n?$`).test(text)
  if (name === 'meta.properties')
    return ['version=1', 'cluster\\.id=\\S+', 'node\\.id=\\d+'].every((line) => new RegExp(`^${line}$`, 'm').test(text))
  return false
}

function isCheckpoint(text: string, line: RegExp): boolean {
  if (text === '') return true // as Kafka leaves one that was never written
  const [version, count, ...lines] = text.split('\n')
  const entries = lines.filter((each) => each !== '')
  return version === '0' && Number(count) === entries.length && entries.every((entry) => line.test(entry))
}

function epochsGrow(text: string): boolean {
  const entries = text
    .split('\n')
    .slice(2)
    .filter(Boolean)
    .map((line) => line.split(' ').map(Number))
  return entries.every(([epoch, offset], i) => i === 0 || (epoch! > entries[i - 1]![0]! && offset! > entries[i - 1]![1]!))
}

function isTransactionIndex(bytes: Buffer): boolean {
  if (bytes.length % 34 !== 0) return false
  let before = -1n
  for (let at = 0; at < bytes.length; at += 34) {
    const [producerId, first, last, stable] = [2, 10, 18, 26].map((field) => bytes.readBigInt64BE(at + field))
    if (bytes.readInt16BE(at) !== 0 || producerId! < 0n || first! < 0n || first! > last! || last! <= before) return false
    if (stable! < 0n || stable! > last! + 1n) return false
    before = last!
  }
  return true
}
