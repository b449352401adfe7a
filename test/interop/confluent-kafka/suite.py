# What programs on librdkafka do. Prints "  pass|fail NAME SECONDSs WHY" per step.
import sys
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec,
                                   ResourceType)

bootstrap = sys.argv[1]
admin = AdminClient({'bootstrap.servers': bootstrap})
failed = False


def step(name):
    def runner(body):
        global failed
        started = time.time()
        try:
            body()
            print(f'  pass {name} {time.time() - started:.1f}s', flush=True)
        except Exception as error:
            failed = True
            print(f'  fail {name} {time.time() - started:.1f}s {type(error).__name__}: {error}'.replace('\n', ' '), flush=True)
    return runner


def until(condition, what, seconds=20):
    deadline = time.time() + seconds
    while not condition():
        assert time.time() < deadline, f'not within {seconds} s: {what}'
        time.sleep(0.1)


def create(topic, partitions=1, config=None):
    admin.create_topics([NewTopic(topic, partitions, 1, config=config or {})])[topic].result(20)
    until(lambda: topic in admin.list_topics(timeout=5).topics, f'{topic} is listed')


def produce(topic, values, **config):
    """Sends the values and returns the delivered messages; raises the first delivery error."""
    delivered, errors = [], []
    producer = Producer({'bootstrap.servers': bootstrap, 'linger.ms': 20, **config})
    for value in values:
        producer.produce(topic, value=value, key=value[:8], headers={'length': str(len(value))},
                         on_delivery=lambda error, message: errors.append(error) if error else delivered.append(message))
        producer.poll(0)
    left = producer.flush(30)
    assert left == 0 and not errors, f'{left} not sent, {errors[:1]}'
    return delivered


def consume(topic, group, count, seconds=30, close=True, **config):
    """Reads `count` messages in a group, commits and leaves it (or gives the consumer back, still a member)."""
    consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': group, 'auto.offset.reset': 'earliest', 'enable.auto.commit': False,
                         'session.timeout.ms': 10000, **config})
    consumer.subscribe([topic])
    found, deadline = [], time.time() + seconds
    while len(found) < count and time.time() < deadline:
        message = consumer.poll(0.5)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        found.append(message)
    assert len(found) == count, f'{len(found)} messages of {count}'
    consumer.commit(asynchronous=False)
    if close:
        consumer.close()
        return found
    return found, consumer


@step('create-and-describe-topics')
def _():
    create('rdk-created', 3, {'retention.ms': '7200000', 'cleanup.policy': 'compact'})
    described = admin.list_topics('rdk-created', timeout=10).topics['rdk-created']
    assert len(described.partitions) == 3 and all(part.leader >= 0 for part in described.partitions.values())
    try:
        admin.create_topics([NewTopic('rdk-created', 1, 1)])['rdk-created'].result(20)
        raise AssertionError('created twice')
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, error


@step('describe-and-alter-configs')
def _():
    resource = ConfigResource(ResourceType.TOPIC, 'rdk-created')
    value = lambda name: admin.describe_configs([resource])[resource].result(20)[name].value
    assert value('retention.ms') == '7200000' and value('cleanup.policy') == 'compact'
    changed = ConfigResource(ResourceType.TOPIC, 'rdk-created', incremental_configs=[
        ConfigEntry('retention.ms', '3600000', incremental_operation=AlterConfigOpType.SET),
        ConfigEntry('cleanup.policy', None, incremental_operation=AlterConfigOpType.DELETE)])
    admin.incremental_alter_configs([changed])[changed].result(20)
    until(lambda: (value('retention.ms'), value('cleanup.policy')) == ('3600000', 'delete'), 'altered')


@step('create-partitions')
def _():
    admin.create_partitions([NewPartitions('rdk-created', 5)])['rdk-created'].result(20)
    until(lambda: len(admin.list_topics('rdk-created', timeout=5).topics['rdk-created'].partitions) == 5, 'five partitions')


for codec in ['none', 'gzip', 'snappy', 'lz4', 'zstd']:
    @step(f'produce-idempotent-acks-all-{codec}')
    def _(codec=codec):
        topic = f'rdk-{codec}'
        create(topic)
        values = [f'{i:08}'.encode() + b' the same words again and again' * 10 for i in range(1000)]
        delivered = produce(topic, values, **{'enable.idempotence': True, 'acks': 'all', 'compression.type': codec})
        assert sorted(message.offset() for message in delivered) == list(range(1000)), 'offsets'
        found = consume(topic, f'rdk-group-{codec}', 1000)
        assert [message.value() for message in found] == values, 'values'
        assert found[7].key() == b'00000007' and found[7].headers() == [('length', str(len(values[7])).encode())]


@step('acks-0-and-1')
def _():
    create('rdk-acks')
    produce('rdk-acks', [b'none'], acks=0)
    produce('rdk-acks', [b'one'], acks=1)
    assert sorted(message.value() for message in consume('rdk-acks', 'rdk-acks', 2)) == [b'none', b'one']


@step('a-batch-that-is-too-large')
def _():
    create('rdk-small', 1, {'max.message.bytes': '2000'})
    try:
        produce('rdk-small', [b'x' * 5000], **{'message.max.bytes': 100000})
        raise AssertionError('taken')
    except AssertionError as error:
        assert 'MSG_SIZE_TOO_LARGE' in str(error), error
    produce('rdk-small', [b'fits'])


@step('the-group-goes-on-where-it-stopped')
def _():
    produce('rdk-none', [b'later'])
    assert [message.value() for message in consume('rdk-none', 'rdk-group-none', 1)] == [b'later']


@step('list-and-describe-groups')
def _():
    _, member = consume('rdk-gzip', 'rdk-watched', 1000, close=False)
    groups = admin.list_consumer_groups(request_timeout=10).result(20).valid
    assert 'rdk-watched' in [group.group_id for group in groups]
    described = admin.describe_consumer_groups(['rdk-watched'], request_timeout=10)['rdk-watched'].result(20)
    assert described.state.name == 'STABLE' and len(described.members) == 1, described.state
    assert [(part.topic, part.partition) for part in described.members[0].assignment.topic_partitions] == [('rdk-gzip', 0)]
    member.close()


@step('list-alter-and-delete-group-offsets')
def _():
    wanted = ConsumerGroupTopicPartitions('rdk-watched', [TopicPartition('rdk-gzip', 0)])
    committed = lambda: admin.list_consumer_group_offsets([wanted])['rdk-watched'].result(20).topic_partitions[0].offset
    assert committed() == 1000, committed()
    moved = ConsumerGroupTopicPartitions('rdk-watched', [TopicPartition('rdk-gzip', 0, 10)])
    admin.alter_consumer_group_offsets([moved])['rdk-watched'].result(20)
    assert committed() == 10, committed()
    admin.delete_consumer_groups(['rdk-watched'], request_timeout=10)['rdk-watched'].result(20)
    assert 'rdk-watched' not in [group.group_id for group in admin.list_consumer_groups(request_timeout=10).result(20).valid]


@step('two-members-share-and-hand-over')
def _():
    create('rdk-shared', 4)
    members = [Consumer({'bootstrap.servers': bootstrap, 'group.id': 'rdk-shared', 'session.timeout.ms': 10000}) for _ in range(2)]
    for member in members:
        member.subscribe(['rdk-shared'])

    def shares(*of):
        for member in of:
            member.poll(0.1)
        return sorted(len(member.assignment()) for member in of)
    until(lambda: shares(*members) == [2, 2], 'two partitions each', 40)
    members[0].close()
    until(lambda: shares(members[1]) == [4], 'all four', 40)
    members[1].close()


@step('cooperative-sticky-and-static-member')
def _():
    consume('rdk-zstd', 'rdk-cooperative', 1000, **{'partition.assignment.strategy': 'cooperative-sticky', 'group.instance.id': 'one'})


@step('list-offsets-and-delete-records')
def _():
    part = TopicPartition('rdk-lz4', 0)
    offset = lambda spec: admin.list_offsets({part: spec})[part].result(20).offset
    assert (offset(OffsetSpec.earliest()), offset(OffsetSpec.latest())) == (0, 1000)
    admin.delete_records([TopicPartition('rdk-lz4', 0, 400)])[TopicPartition('rdk-lz4', 0, 400)].result(20)
    assert (offset(OffsetSpec.earliest()), offset(OffsetSpec.max_timestamp()) >= 400) == (400, True)


@step('describe-cluster')
def _():
    cluster = admin.describe_cluster(request_timeout=10).result(20)
    assert cluster.cluster_id and len(cluster.nodes) == 1, cluster


@step('delete-topics')
def _():
    admin.delete_topics(['rdk-created'])['rdk-created'].result(20)
    until(lambda: 'rdk-created' not in admin.list_topics(timeout=5).topics, 'gone')


sys.exit(1 if failed else 0)
