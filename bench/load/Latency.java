import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Open loop with Apache's producer (acks=all, idempotent, linger 0): one record every so often, late or not. Acknowledgement latency, and
 * with a consumer the latency end to end; both counted from the moment a record was due, so that neither a slow broker nor a late client
 * hides anything. Arguments: bootstrap topic partitions rate warmSeconds seconds size withConsumer. One line of JSON.
 */
public final class Latency {
  public static void main(String[] args) throws Exception {
    String bootstrap = args[0];
    String topic = args[1];
    int partitions = Integer.parseInt(args[2]);
    double rate = Double.parseDouble(args[3]);
    int first = (int) (rate * Integer.parseInt(args[4]));
    int total = first + (int) (rate * Integer.parseInt(args[5]));
    int size = Integer.parseInt(args[6]);
    boolean withConsumer = Boolean.parseBoolean(args[7]);

    long[] dueAt = new long[total];
    long[] acknowledged = new long[total];
    long[] arrived = new long[total];
    AtomicInteger errors = new AtomicInteger();
    AtomicInteger received = new AtomicInteger();
    AtomicBoolean isDone = new AtomicBoolean();
    CountDownLatch isReady = new CountDownLatch(withConsumer ? 1 : 0);
    Thread reader = new Thread(() -> read(bootstrap, topic, partitions, dueAt, arrived, received, isReady, isDone));
    if (withConsumer) reader.start();
    isReady.await();

    Properties settings = new Properties();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("acks", "all");
    settings.put("linger.ms", "0");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.partitionsFor(topic);
      long start = System.nanoTime();
      for (int i = 0; i < total; i++) dueAt[i] = start + (long) (i * 1e9 / rate);
      for (int i = 0; i < total; i++) {
        int number = i;
        waitUntil(dueAt[i]);
        byte[] value = new byte[size];
        ByteBuffer.wrap(value).putInt(number);
        producer.send(new ProducerRecord<>(topic, value), (metadata, error) -> {
          if (error != null) errors.incrementAndGet();
          acknowledged[number] = System.nanoTime() - dueAt[number];
        });
      }
      producer.flush();
    }
    for (int i = 0; withConsumer && i < 100 && received.get() < total; i++) Thread.sleep(50);
    isDone.set(true);
    reader.join();
    System.out.printf(
        "{\"sent\":%d,\"errors\":%d,\"received\":%d,\"acknowledged\":%s,\"arrived\":%s}%n",
        total, errors.get(), received.get(), percentiles(acknowledged, first), withConsumer ? percentiles(arrived, first) : "null");
  }

  private static void read(String bootstrap, String topic, int partitions, long[] dueAt, long[] arrived,
      AtomicInteger received, CountDownLatch isReady, AtomicBoolean isDone) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("enable.auto.commit", "false");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> all = new ArrayList<>();
      for (int i = 0; i < partitions; i++) all.add(new TopicPartition(topic, i));
      consumer.assign(all);
      consumer.seekToBeginning(all);
      for (TopicPartition each : all) consumer.position(each);
      isReady.countDown();
      while (!isDone.get()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          int number = ByteBuffer.wrap(record.value()).getInt();
          arrived[number] = System.nanoTime() - dueAt[number];
          received.incrementAndGet();
        }
      }
    }
  }

  /** A parked thread wakes up to 60 us late: the last of it is spent spinning. */
  private static void waitUntil(long due) {
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      if (left > 80_000) LockSupport.parkNanos(left - 60_000);
      else Thread.onSpinWait();
    }
  }

  private static String percentiles(long[] values, int from) {
    long[] sorted = Arrays.copyOfRange(values, from, values.length);
    Arrays.sort(sorted);
    StringBuilder text = new StringBuilder("{");
    for (int[] part : new int[][] {{50, 500}, {99, 990}, {999, 999}}) {
      double ms = sorted[Math.min(sorted.length - 1, (int) (sorted.length * (part[1] / 1000.0)))] / 1e6;
      text.append(text.length() > 1 ? "," : "").append("\"p").append(part[0]).append("\":").append(ms);
    }
    return text.append("}").toString();
  }
}
