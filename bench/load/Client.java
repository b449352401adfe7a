import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Apache's clients as the same load as client.mjs, with the same modes. Arguments: mode bootstrap topic size warm seconds records; warm and seconds are
 * in seconds. One line of JSON. To consume there is one way, poll, so that `each` and `batch` are the same.
 */
public final class Client {
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private static long count;
  private static long beganAt;
  private static long cpuAt;
  private static long countAt;

  public static void main(String[] args) throws Exception {
    String mode = args[0];
    int size = Integer.parseInt(args[3]);
    long warm = nanos(args[4]);
    long length = nanos(args[5]);
    if (mode.equals("one") || mode.equals("stream")) produce(args[1], args[2], size, mode.equals("stream"), warm, length);
    else consume(args[1], args[2], warm, length, Long.parseLong(args[6]));
    Runtime.getRuntime().halt(0);
  }

  private static void produce(String bootstrap, String topic, int size, boolean isStream, long warm, long length)
      throws Exception {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrap, "acks", "all", "linger.ms", isStream ? "5" : "0");
    byte[][] values = new byte[64][size];
    for (int i = 0; i < values.length; i++) java.util.Arrays.fill(values[i], (byte) ('a' + i % 26));
    KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    send(producer, topic, values, isStream, over(warm));
    begin();
    send(producer, topic, values, isStream, over(length));
    report(size);
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer, String topic, byte[][] values, boolean isStream, BooleanSupplier isOver)
      throws Exception {
    for (; !isOver.getAsBoolean(); count++) {
      var sent = producer.send(new ProducerRecord<>(topic, values[(int) (count % values.length)]));
      if (!isStream) sent.get();
    }
    producer.flush();
  }

  private static void consume(String bootstrap, String topic, long warm, long length, long records) throws Exception {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", bootstrap,
            "group.id", "bench-" + ProcessHandle.current().pid(),
            "auto.offset.reset", "earliest",
            "enable.auto.commit", "false");
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(List.of(topic));
    long bytes = 0;
    while (count == 0) bytes += poll(consumer);
    BooleanSupplier isWarm = over(warm);
    while (!isWarm.getAsBoolean()) bytes += poll(consumer);
    begin();
    BooleanSupplier isOver = over(length);
    while (!isOver.getAsBoolean() && count < records) bytes += poll(consumer);
    report((int) (bytes / count));
  }

  private static long poll(KafkaConsumer<byte[], byte[]> consumer) {
    long bytes = 0;
    for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(100))) {
      bytes += each.value().length;
      count++;
    }
    return bytes;
  }

  private static void begin() {
    beganAt = System.nanoTime();
    cpuAt = SYSTEM.getProcessCpuTime();
    countAt = count;
  }

  private static void report(int size) throws Exception {
    double seconds = (System.nanoTime() - beganAt) / 1e9;
    double cpuSeconds = (SYSTEM.getProcessCpuTime() - cpuAt) / 1e9;
    long done = count - countAt;
    String line = "{\"recordsPerSecond\":%f,\"cpuPerMillion\":%f,\"peakMiB\":%f,\"bytes\":%d}";
    System.out.println(
        String.format(Locale.ROOT, line, done / seconds, cpuSeconds / (done / 1e6), peakMiB(), count * size));
  }

  /** The most memory that was resident; 0 where the system is not Linux. */
  private static double peakMiB() throws Exception {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) return 0;
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
    }
    return 0;
  }

  private static BooleanSupplier over(long nanos) {
    long end = System.nanoTime() + nanos;
    return () -> System.nanoTime() >= end;
  }

  private static long nanos(String seconds) {
    return (long) (Double.parseDouble(seconds) * 1e9);
  }
}
