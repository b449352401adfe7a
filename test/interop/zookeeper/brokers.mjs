/** Brokers whose metadata is in a real ZooKeeper: what tutorials' compose files say, three of them under load, and what can be wrong. */
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { versions, zookeeperLibs } from '../lib/cache.mjs'
import { startEnsemble } from '../lib/zookeeper.mjs'
import { judgeTutorials } from './compose.mjs'
import { judgeThree } from './three.mjs'
import { judgeTroubles } from './troubles.mjs'

export const judge = {
  name: 'zookeeper-brokers',
  about: `brokers on ZooKeeper ${versions.zookeeper.join(' and ')}: the environment of tutorials' compose files; three brokers, of which one and the controller are killed, and the ensemble's leader; a slow, silent, missing ensemble`,
  needs: ['java', 'javac', 'mvn'],
  startsBrokers: true,
  isShare: ({ whole }) => !whole,
  minutes: 14,

  async install() {
    return { tools: await installTools(), zookeepers: await Promise.all(versions.zookeeper.map(zookeeperLibs)) }
  },

  async run({ report, tools: { tools, zookeepers }, workDir, kind, options }) {
    if (kind === 'apache') return report.record('Apache Kafka 4.2 on ZooKeeper', 'skipped', 'it has no ZooKeeper')
    const runner = new ToolRunner(tools)
    try {
      for (const [index, version] of versions.zookeeper.entries()) {
        const libs = zookeepers[index]
        const world = { report, runner, libs, version }
        await withEnsemble({ libs, dir: join(workDir, version, 'one') }, async (ensemble) => {
          // On either version all is the same on our side: one tutorial shows that the servers' is, too.
          await judgeTutorials({ ...world, ensemble, workDir: join(workDir, version), only: index === 0 ? null : 1 })
          if (index === 0) await judgeTroubles({ ...world, ensemble, workDir: join(workDir, version, 'troubles') })
        })
        // The judge `zookeeper` kills leaders of ensembles of either version; three brokers meet the newest, and with --whole both.
        if (version !== versions.zookeeper.at(-1) && !options.whole) continue
        await withEnsemble({ libs, dir: join(workDir, version, 'three'), count: 3 }, (ensemble) =>
          judgeThree({ ...world, ensemble, workDir: join(workDir, version, 'brokers') }),
        )
      }
    } finally {
      runner.close()
    }
  },
}

async function withEnsemble(settings, body) {
  const ensemble = await startEnsemble(settings)
  try {
    await body(ensemble)
  } finally {
    await ensemble.stop()
  }
}
