import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's command-line tools one after the other in one JVM, because starting a JVM costs more than most of them do.
 * A request is a line of base64 fields: standard input, main class, arguments. The answer is a line: exit code, output, errors.
 */
public class Tools {
    static class Exited extends RuntimeException {
        Exited() { super(null, null, false, false); }
    }

    /** Set once, because Scala's println keeps the stream it finds first; where it leads changes with each tool. */
    static class Switch extends OutputStream {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        @Override public synchronized void write(int one) { target.write(one); }
        @Override public synchronized void write(byte[] bytes, int from, int length) { target.write(bytes, from, length); }
        synchronized ByteArrayOutputStream begin() { return target = new ByteArrayOutputStream(); }
        synchronized void leadTo(ByteArrayOutputStream other) { target = other; }
    }

    static final PrintStream answers = System.out;
    static final Switch outSwitch = new Switch(), errSwitch = new Switch();
    // The first exit counts: some tools catch everything, even what ends them, print that, and exit once more. None of it belongs to the tool.
    static Integer firstExit;

    static void leave(int code, String message) {
        System.out.flush();
        System.err.flush();
        if (firstExit == null) {
            firstExit = code;
            outSwitch.leadTo(new ByteArrayOutputStream());
            errSwitch.leadTo(new ByteArrayOutputStream());
        }
        throw new Exited();
    }

    public static void main(String[] unused) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        // Some leave by way of the system.
        System.setSecurityManager(new SecurityManager() {
            @Override public void checkPermission(java.security.Permission permission) { }
            @Override public void checkPermission(java.security.Permission permission, Object context) { }
            @Override public void checkExit(int code) { leave(code, null); }
        });
        System.setOut(new PrintStream(outSwitch, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errSwitch, true, StandardCharsets.UTF_8));
        Exit.setExitProcedure(Tools::leave);
        Exit.setHaltProcedure(Tools::leave);
        for (String line; (line = lines.readLine()) != null; ) {
            var fields = new ArrayList<String>();
            for (String field : line.split(" ", -1)) fields.add(new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8));
            answer(fields);
        }
        Runtime.getRuntime().halt(0);
    }

    static void answer(List<String> fields) {
        System.out.flush();
        System.err.flush();
        ByteArrayOutputStream out = outSwitch.begin(), err = errSwitch.begin();
        // A tool may add a hook that prints at the end of the JVM: it belongs to the end of the tool.
        var hooks = new ArrayList<Runnable>();
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
        System.setIn(new ByteArrayInputStream(fields.get(0).getBytes(StandardCharsets.UTF_8)));
        int code = 0;
        firstExit = null;
        try {
            Class.forName(fields.get(1)).getMethod("main", String[].class).invoke(null, (Object) fields.subList(2, fields.size()).toArray(new String[0]));
        } catch (Throwable thrown) {
            Throwable cause = thrown;
            while (!(cause instanceof Exited) && cause.getCause() != null) cause = cause.getCause();
            code = 1;
            if (!(cause instanceof Exited)) cause.printStackTrace();
        }
        if (firstExit != null) code = firstExit;
        outSwitch.leadTo(out);
        errSwitch.leadTo(err);
        for (Runnable hook : hooks) try { hook.run(); } catch (Exited ignored) { }
        System.out.flush();
        System.err.flush();
        answers.println(code + " " + encode(out) + " " + encode(err));
        answers.flush();
    }

    static String encode(ByteArrayOutputStream text) {
        return Base64.getEncoder().encodeToString(text.toByteArray());
    }
}
