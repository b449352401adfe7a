import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** Reads lines "class version hex", decodes each with Kafka's own code, encodes it again, and answers "same" or what is different. */
public class KafkaCodec {
    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        StringBuilder answers = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) answers.append(answer(line.split(" ", -1))).append('\n');
        System.out.print(answers);
    }

    private static String answer(String[] fields) {
        byte[] ours = HexFormat.of().parseHex(fields[2]);
        try {
            byte[] theirs = throughKafka(fields[0], Short.parseShort(fields[1]), ours);
            return Arrays.equals(ours, theirs) ? "same" : "Kafka writes " + HexFormat.of().formatHex(theirs);
        } catch (Exception | LinkageError thrown) {
            return thrown.toString().replace('\n', ' ');
        }
    }

    private static byte[] throughKafka(String name, short version, byte[] bytes) throws Exception {
        Message message = (Message) Class.forName(name).getDeclaredConstructor().newInstance();
        ByteBuffer from = ByteBuffer.wrap(bytes);
        message.read(new ByteBufferAccessor(from), version);
        if (from.hasRemaining()) throw new IllegalStateException(from.remaining() + " bytes were not read");
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer to = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(to), cache, version);
        return to.array();
    }
}
