/** What a figure is called in the table, whether more or less of it is better, and whether it gets a line of its own. */
const more = (label) => ({ label, isBetter: 'more' })
const less = (label) => ({ label, isBetter: 'less' })

export const figures = {
  mbPerSecond: more('MB/s'),
  requestsPerSecond: more('requests/s'),
  recordsPerSecond: more('records/s'),
  cpuPerGB: less('broker CPU s/GB'),
  cpuPerRequest: less('broker CPU us/request'),
  p50: less('p50 ms'),
  p99: less('p99 ms'),
  'ack p50': less('ack p50 ms'),
  'ack p99': less('ack p99 ms'),
  'end-to-end p50': less('end-to-end p50 ms'),
  'end-to-end p99': less('end-to-end p99 ms'),
  'bare round p50': less('one bare round of fdatasync, p50 ms'),
  'ack p50 above the bare round': less('ack p50 above the bare round, ms'),
  'end-to-end p50 above the bare round': less('end-to-end p50 above the bare round, ms'),
  readyMs: less('ready ms'),
  medianMs: less('median ms'),
  rssIdle: less('RSS idle MiB'),
  rssLoaded: less('RSS after load MiB'),
  rss500: less('RSS with 500 connections MiB'),
  rss2000: less('RSS with 2,000 connections MiB'),
  open500Ms: less('opening 500 ms'),
  open2000Ms: less('opening 2,000 ms'),
  createMs: less('create ms'),
  replicatedMs: less('until all have acknowledged a record ms'),
  reassignMs: less('reassign ms'),
  'gap p50': less('gap p50 ms'),
  'gap max': less('gap max ms'),
  'gap first p50': less('gap until the first partition is served, p50 ms'),
  idlePercent: less('CPU while idle, % of a core'),
  rssPartitions: less('RSS MiB'),
  restartMs: less('clean restart ms'),
  crashRestartMs: less('restart after kill ms'),
  stopMs: less('stop ms'),
  slowestAboveNodeMs: less('slowest, ms above node -e 0'),
  aboveNodeMs: less('median, ms above node -e 0'),
  timesFaster: more('times faster than Apache’s'),
  listMs: less('ours, ms'),
  apachesListMs: less('Apache’s, ms'),
}

/** The figures of a case that the table shows, the one that it is about first. Rates of the same thing in another unit stay away. */
export function shownFigures(main, has) {
  const others = Object.keys(figures).filter((name) => name !== main && !name.endsWith('PerSecond'))
  return [main, ...others].filter(has)
}
