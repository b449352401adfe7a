// Requests, connections, and bytes that come and go.

import { about, chapter, counter, gauge, summary, untyped } from '../metric.ts'
import { spread, US_OF_MS } from '../spread.ts'
import { apiErrors, apis, apiVersions, broker, listeners, openNode, topicTraffic } from '../subjects.ts'
import {
  BYTES_IN,
  BYTES_OUT,
  BYTES_REJECTED,
  FAILED_FETCHES,
  FAILED_PRODUCES,
  FETCHES,
  MESSAGES_IN,
  PRODUCES,
} from '../traffic.ts'

const fromRequests = 'metrics/request-meters: the step `measure` of the pipeline'
const fromTraffic = 'metrics/traffic: requests and answers of Produce and Fetch'
const fromListeners = 'metrics/meters: around the listeners'
const fromBudget = 'net/budget'

export const requestChapters = [
  chapter(
    'Requests',
    about(apiVersions, {
      kafka_network_requestmetrics_requests_total: counter(
        {
          known: 'kafka.network:RequestMetrics,RequestsPerSec',
          unit: 'requests',
          help: 'Requests that were answered.',
          from: fromRequests,
        },
        ({ count }) => count,
      ),
    }),
    about(apiErrors, {
      kafka_network_requestmetrics_errors_total: counter(
        {
          known: 'kafka.network:RequestMetrics,ErrorsPerSec',
          help: 'How requests ended, NONE included: each partition of Produce and Fetch, of all other APIs the whole answer.',
          from: fromRequests,
        },
        ({ count }) => count,
      ),
    }),
    about(apis, {
      kafka_network_requestmetrics_totaltimems: summary(
        {
          known: 'kafka.network:RequestMetrics,TotalTimeMs',
          unit: 'ms',
          help: 'From the last byte of a request to its answer given to the operating system.',
          from: fromRequests,
        },
        ({ total }, scene) => spread([total], scene, US_OF_MS),
      ),
      kafka_network_requestmetrics_requestqueuetimems: summary(
        {
          known: 'kafka.network:RequestMetrics,RequestQueueTimeMs',
          unit: 'ms',
          help: 'Until its turn came: behind others of its connection, or for the node to be ready. In whole milliseconds.',
          from: fromRequests,
        },
        ({ queued }, scene) => spread([queued], scene, US_OF_MS),
      ),
      kafka_network_requestmetrics_responsesendtimems: summary(
        {
          known: 'kafka.network:RequestMetrics,ResponseSendTimeMs',
          unit: 'ms',
          help: 'From the answer to its last byte given to the operating system.',
          from: fromRequests,
        },
        ({ sending }, scene) => spread([sending], scene, US_OF_MS),
      ),
      kafka_network_requestmetrics_requestbytes: summary(
        { known: 'kafka.network:RequestMetrics,RequestBytes', unit: 'bytes', help: 'Size of requests.', from: fromRequests },
        ({ sizes }, scene) => spread([sizes], scene, 1),
      ),
    }),
    about(openNode, {
      kafka_network_requestchannel_requestqueuesize: gauge(
        {
          known: 'kafka.network:RequestChannel,RequestQueueSize',
          unit: 'requests',
          help: 'Requests that are being worked on, or wait for their answer.',
          from: fromRequests,
        },
        (_, { stage }) => stage.meters.requests.underWay,
      ),
      kafka_network_requestchannel_responsequeuesize: gauge(
        {
          known: 'kafka.network:RequestChannel,ResponseQueueSize',
          unit: 'requests',
          help: 'Answers that the operating system has not taken yet.',
          from: fromRequests,
        },
        (_, { stage }) => stage.meters.requests.leaving,
      ),
      kafka_network_socketserver_memorypoolused: gauge(
        {
          known: 'kafka.network:SocketServer,MemoryPoolUsed',
          unit: 'bytes',
          help: 'Requests that were read and not answered.',
          from: fromBudget,
        },
        ({ requestMemory }) => requestMemory().used,
      ),
      kafka_network_socketserver_memorypoolavailable: gauge(
        {
          known: 'kafka.network:SocketServer,MemoryPoolAvailable',
          unit: 'bytes',
          help: 'What more of them may be read (queued.max.request.bytes).',
          from: fromBudget,
        },
        ({ requestMemory }) => Math.max(0, requestMemory().limit - requestMemory().used),
      ),
    }),
  ),
  chapter(
    'Topics',
    about(topicTraffic, {
      kafka_server_brokertopicmetrics_messagesin_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,MessagesInPerSec',
          unit: 'records',
          help: 'Records that producers wrote; without a label: of all topics.',
          from: fromTraffic,
        },
        ({ counts }) => counts[MESSAGES_IN]!,
      ),
      kafka_server_brokertopicmetrics_bytesin_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,BytesInPerSec',
          unit: 'bytes',
          help: 'Batches that producers wrote.',
          from: fromTraffic,
        },
        ({ counts }) => counts[BYTES_IN]!,
      ),
      kafka_server_brokertopicmetrics_bytesout_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,BytesOutPerSec',
          unit: 'bytes',
          help: 'Batches given to consumers.',
          from: fromTraffic,
        },
        ({ counts }) => counts[BYTES_OUT]!,
      ),
      kafka_server_brokertopicmetrics_bytesrejected_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,BytesRejectedPerSec',
          unit: 'bytes',
          help: 'Batches that were too large.',
          from: fromTraffic,
        },
        ({ counts }) => counts[BYTES_REJECTED]!,
      ),
      kafka_server_brokertopicmetrics_totalproducerequests_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,TotalProduceRequestsPerSec',
          help: 'Partitions in Produce requests.',
          from: fromTraffic,
        },
        ({ counts }) => counts[PRODUCES]!,
      ),
      kafka_server_brokertopicmetrics_failedproducerequests_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,FailedProduceRequestsPerSec',
          help: 'Of these, those that failed.',
          from: fromTraffic,
        },
        ({ counts }) => counts[FAILED_PRODUCES]!,
      ),
      kafka_server_brokertopicmetrics_totalfetchrequests_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,TotalFetchRequestsPerSec',
          help: 'Partitions in answers to the Fetch of consumers.',
          from: fromTraffic,
        },
        ({ counts }) => counts[FETCHES]!,
      ),
      kafka_server_brokertopicmetrics_failedfetchrequests_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,FailedFetchRequestsPerSec',
          help: 'Of these, those that failed.',
          from: fromTraffic,
        },
        ({ counts }) => counts[FAILED_FETCHES]!,
      ),
    }),
    about(broker, {
      kafka_server_brokertopicmetrics_replicationbytesout_total: counter(
        {
          known: 'kafka.server:BrokerTopicMetrics,ReplicationBytesOutPerSec',
          unit: 'bytes',
          help: 'Batches given to followers.',
          from: fromTraffic,
        },
        (_, { stage }) => stage.meters.traffic.replicationBytesOut,
      ),
    }),
  ),
  chapter(
    'Connections',
    about(listeners, {
      kafka_server_socket_server_metrics_connection_count: untyped(
        { known: 'kafka.server:socket-server-metrics,connection-count', help: 'Open connections.', from: fromListeners },
        ([, { opened, closed }]) => opened - closed,
      ),
      kafka_server_socket_server_metrics_connection_creation_total: counter(
        {
          known: 'kafka.server:socket-server-metrics,connection-creation-total',
          help: 'Connections that were opened.',
          from: fromListeners,
        },
        ([, { opened }]) => opened,
      ),
      kafka_server_socket_server_metrics_connection_close_total: counter(
        {
          known: 'kafka.server:socket-server-metrics,connection-close-total',
          help: 'Connections that ended.',
          from: fromListeners,
        },
        ([, { closed }]) => closed,
      ),
      kafka_server_socket_server_metrics_incoming_byte_total: counter(
        {
          known: 'kafka.server:socket-server-metrics,incoming-byte-total',
          unit: 'bytes',
          help: 'Whole requests that came.',
          from: fromListeners,
        },
        ([, { bytesIn }]) => bytesIn,
      ),
      kafka_server_socket_server_metrics_outgoing_byte_total: counter(
        {
          known: 'kafka.server:socket-server-metrics,outgoing-byte-total',
          unit: 'bytes',
          help: 'Answers that were given to connections.',
          from: fromListeners,
        },
        ([, { bytesOut }]) => bytesOut,
      ),
      kafka_server_socket_server_metrics_request_total: counter(
        {
          known: 'kafka.server:socket-server-metrics,request-total',
          unit: 'requests',
          help: 'Requests that came.',
          from: fromListeners,
        },
        ([, { requests }]) => requests,
      ),
      kafka_server_socket_server_metrics_response_total: counter(
        {
          known: 'kafka.server:socket-server-metrics,response-total',
          unit: 'requests',
          help: 'Answers that were given to connections.',
          from: fromListeners,
        },
        ([, { responses }]) => responses,
      ),
    }),
  ),
]
