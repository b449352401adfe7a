# An idempotent producer that never gives up, told to stop through its input; then everything is read back and compared.
# usage: load.py BOOTSTRAP | load.py BOOTSTRAP read "0:123,1:..."      Prints "  pass|fail NAME SECONDSs WHY" per check.
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
topic, partitions = 'crash-load', 3
failed = False


def check(name, wrong):
    """Notes a check; `wrong` says what is wrong, or is empty."""
    global failed
    failed = failed or bool(wrong)
    print(f'  {"fail" if wrong else "pass"} {name} 0.0s {wrong}', flush=True)


def ends():
    consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': 'crash-ends'})
    found = [consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30)[1] for p in range(partitions)]
    consumer.close()
    return found


def read_all():
    """Every record of every partition, from its start to its end: [partition, offset, value]."""
    consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': 'crash-read', 'enable.auto.commit': False, 'enable.partition.eof': True})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    found, at_end = [], set()
    deadline = time.time() + 90
    while len(at_end) < partitions and time.time() < deadline:
        for message in consumer.consume(1000, 1.0):
            if message.error():
                at_end.add(message.partition())
            else:
                found.append((message.partition(), message.offset(), message.value()))
    consumer.close()
    return found


def produce():
    admin = AdminClient({'bootstrap.servers': bootstrap})
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(30)
    acknowledged, errors = [], []
    producer = Producer({'bootstrap.servers': bootstrap, 'enable.idempotence': True, 'acks': 'all', 'linger.ms': 2, 'batch.num.messages': 50,
                         'message.timeout.ms': 300000, 'reconnect.backoff.max.ms': 500, 'retry.backoff.max.ms': 500,
                         'error_cb': lambda error: errors.append(error) if error.fatal() else None})
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
    number, told = 0, time.time()

    def delivered(error, message):
        if error:
            errors.append(error)
        else:
            acknowledged.append((message.partition(), message.offset(), message.value()))

    while not stop.is_set():
        if len(producer) < 5000:
            for _ in range(20):
                producer.produce(topic, partition=number % partitions, value=f'{number}:{"x" * 100}'.encode(), on_delivery=delivered)
                number += 1
        producer.poll(0.005)
        if time.time() - told > 0.1:
            told = time.time()
            print(f'acknowledged {len(acknowledged)}', flush=True)
        if errors:
            break
    left = producer.flush(120)
    print(f'acknowledged {len(acknowledged)}', flush=True)
    check('every-record-was-acknowledged', f'{left} left, {errors[:1]}' if left or errors else '')
    return acknowledged


if len(sys.argv) > 2:
    expected = [int(end) for end in sys.argv[3].split(',')]
    found = read_all()
    assert ends() == expected, f'{ends()} instead of {expected}'
    assert len(found) == sum(expected), f'{len(found)} records'
    sys.exit(0)

acknowledged = produce()
print('ends ' + ','.join(str(end) for end in ends()), flush=True)
found = read_all()
where = {(partition, offset): value for partition, offset, value in found}
lost = [each for each in acknowledged if where.get((each[0], each[1])) != each[2]]
check('acknowledged-records-are-at-their-offsets', f'{len(lost)} of {len(acknowledged)} are not, first {lost[0][:2]}' if lost else '')
values = [value for _, _, value in found]
check('no-record-is-there-twice', f'{len(values) - len(set(values))} are' if len(values) != len(set(values)) else '')
order = [[int(value.split(b':')[0]) for partition, _, value in found if partition == p] for p in range(partitions)]
check('records-are-in-the-order-of-sending', '' if all(numbers == sorted(numbers) for numbers in order) else 'they are not')
sys.exit(1 if failed else 0)
