# A consumer group with kafka-python: commit, leave, come back. Prints "  pass|fail NAME SECONDSs WHY" per step.
import sys
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

bootstrap = sys.argv[1]
topic = 'python-group-topic'
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


def read(group, count, seconds=30):
    """Reads `count` messages in the group, commits and leaves."""
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset='earliest', enable_auto_commit=False)
    found = []
    deadline = time.time() + seconds
    while len(found) < count and time.time() < deadline:
        for records in consumer.poll(timeout_ms=500).values():
            found.extend(records)
    consumer.commit()
    consumer.close()
    return found


@step('admin-creates-the-topic')
def _():
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(name=topic, num_partitions=3, replication_factor=1)])
    assert topic in admin.list_topics(), 'not listed'
    admin.close()


@step('produce-with-keys-and-headers')
def _():
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks='all', retries=3)
    sent = [producer.send(topic, key=str(i).encode(), value=f'value-{i}'.encode(), headers=[('n', str(i).encode())]) for i in range(100)]
    producer.flush()
    assert sum(future.get(10).partition in (0, 1, 2) for future in sent) == 100
    producer.close()


@step('the-group-reads-all')
def _():
    found = read('python-group', 100)
    assert sorted(record.value for record in found) == sorted(f'value-{i}'.encode() for i in range(100)), f'{len(found)} records'
    assert all(record.headers == [('n', record.key)] for record in found), 'headers'


@step('the-group-goes-on-where-it-stopped')
def _():
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send(topic, b'later').get(10)
    producer.close()
    assert [record.value for record in read('python-group', 1)] == [b'later']


@step('committed-offsets-and-ends-agree')
def _():
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id='python-group', enable_auto_commit=False)
    partitions = [TopicPartition(topic, i) for i in range(3)]
    ends = consumer.end_offsets(partitions)
    assert sum(ends.values()) == 101, ends
    assert sum(consumer.committed(each) or 0 for each in partitions) == 101
    consumer.close()


sys.exit(1 if failed else 0)
