/** The judges, in the order in which they sit: the quick ones first, other people's suites last. */
import { judge as admin } from './admin/judge.mjs'
import { judge as apacheTools } from './apache-tools/judge.mjs'
import { judge as badInput } from './bad-input/judge.mjs'
import { judge as client } from './client/judge.mjs'
import { judge as clientFaults } from './client-faults/judge.mjs'
import { judge as cluster } from './cluster/judge.mjs'
import { judge as codec } from './codec/judge.mjs'
import { judge as commands } from './commands/judge.mjs'
import { judge as confluentKafka } from './confluent-kafka/judge.mjs'
import { judge as consumer } from './consumer/judge.mjs'
import { judge as container } from './container/judge.mjs'
import { judge as crash } from './crash/judge.mjs'
import { judge as crashStates } from './directories/crash-states.mjs'
import { judge as directories } from './directories/judge.mjs'
import { judge as golden } from './golden/judge.mjs'
import { judge as kafkaPython } from './kafka-python/judge.mjs'
import { judge as kafkajs } from './kafkajs/judge.mjs'
import { judge as kafkajsFacade } from './kafkajs-facade/judge.mjs'
import { judge as metrics } from './metrics/judge.mjs'
import { judge as migration } from './migration/judge.mjs'
import { judge as pack } from './pack/judge.mjs'
import { clusterSuites, peerSuites } from './peers/judge.mjs'
import { judge as quickstart } from './quickstart/judge.mjs'
import { judge as shareConsumer } from './share-consumer/judge.mjs'
import { judge as syslog } from './syslog/judge.mjs'
import { judge as testing } from './testing/judge.mjs'
import { judge as voters } from './voters/judge.mjs'
import { judge as zookeeperBrokers } from './zookeeper/brokers.mjs'
import { judge as zookeeper } from './zookeeper/judge.mjs'

export const judges = [
  client,
  admin,
  kafkajs,
  kafkajsFacade,
  kafkaPython,
  confluentKafka,
  apacheTools,
  consumer,
  clientFaults,
  shareConsumer,
  commands,
  crash,
  badInput,
  directories,
  crashStates,
  golden,
  cluster,
  voters,
  codec,
  metrics,
  migration,
  pack,
  container,
  quickstart,
  syslog,
  testing,
  zookeeper,
  zookeeperBrokers,
  ...peerSuites,
  ...clusterSuites,
]
