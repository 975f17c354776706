import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.BufferedOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.RealmChoiceCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslServer;

/**
 * The JDK's DIGEST-MD5 behind pipes. Requests: one letter, four octets of length, a body; answers likewise, with + or
 * - for the letter. N: new context from lines key=value; S: step; W: wrap; U: unwrap; B: time wrap; V:
 * time unwrap of framed records.
 */
public class Peer {
    static Map<String, String> settings = new HashMap<>();
    static SaslClient client;
    static SaslServer server;

    public static void main(String[] arguments) throws Exception {
        DataInputStream in = new DataInputStream(System.in);
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
        int letter;
        while ((letter = in.read()) >= 0) {
            byte[] body = new byte[in.readInt()];
            in.readFully(body);
            byte[] answer;
            int mark = '+';
            try {
                answer = serve((char) letter, body);
            } catch (Exception error) {
                mark = '-';
                answer = String.valueOf(error).getBytes(StandardCharsets.UTF_8);
            }
            out.write(mark);
            out.writeInt(answer.length);
            out.write(answer);
            out.flush();
        }
    }

    static byte[] serve(char letter, byte[] body) throws Exception {
        switch (letter) {
            case 'N':
                start(new String(body, StandardCharsets.UTF_8));
                return new byte[0];
            case 'S':
                return step(body);
            case 'W':
                return wrap(body);
            case 'U':
                return client != null ? client.unwrap(body, 0, body.length) : server.unwrap(body, 0, body.length);
            case 'B':
                return benchmark(new String(body, StandardCharsets.UTF_8));
            case 'V':
                return timeRecords(body);
            default:
                throw new IllegalArgumentException("letter " + letter);
        }
    }

    static byte[] wrap(byte[] body) throws Exception {
        return client != null ? client.wrap(body, 0, body.length) : server.wrap(body, 0, body.length);
    }

    static void start(String lines) throws Exception {
        settings.clear();
        for (String line : lines.split("\n")) {
            int equals = line.indexOf('=');
            settings.put(line.substring(0, equals), line.substring(equals + 1));
        }
        client = null;
        server = null;
        Map<String, String> properties = new HashMap<>();
        properties.put(Sasl.QOP, settings.get("qop"));
        if (settings.containsKey("maxbuf")) {
            properties.put(Sasl.MAX_BUFFER, settings.get("maxbuf"));
        }
        String service = settings.get("service");
        String host = settings.get("host");
        if (settings.get("role").equals("client")) {
            if (settings.containsKey("cipher")) {
                properties.put("com.sun.security.sasl.digest.cipher", settings.get("cipher"));
            }
            String[] mechanisms = {"DIGEST-MD5"};
            client = Sasl.createSaslClient(
                    mechanisms, settings.get("authzid"), service, host, properties, Peer::answer);
        } else {
            properties.put("com.sun.security.sasl.digest.realm", settings.getOrDefault("realm", host));
            properties.put("com.sun.security.sasl.digest.utf8", settings.getOrDefault("utf8", "true"));
            server = Sasl.createSaslServer("DIGEST-MD5", service, host, properties, Peer::answer);
        }
    }

    /** One octet, whether complete, then the token. */
    static byte[] step(byte[] token) throws Exception {
        byte[] answer = client != null
                ? (token.length == 0 ? new byte[0] : client.evaluateChallenge(token))
                : server.evaluateResponse(token);
        boolean complete = client != null ? client.isComplete() : server.isComplete();
        byte[] result = new byte[1 + (answer == null ? 0 : answer.length)];
        result[0] = (byte) (complete ? 1 : 0);
        if (answer != null) {
            System.arraycopy(answer, 0, result, 1, answer.length);
        }
        return result;
    }

    static void answer(Callback[] callbacks) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof AuthorizeCallback) {
                AuthorizeCallback authorize = (AuthorizeCallback) callback;
                String wanted = authorize.getAuthorizationID();
                authorize.setAuthorized(
                        wanted.equals(authorize.getAuthenticationID()) || wanted.equals(settings.get("authzid")));
            } else if (callback instanceof RealmChoiceCallback) {
                RealmChoiceCallback choice = (RealmChoiceCallback) callback;
                choice.setSelectedIndex(choice.getDefaultChoice());
                for (int index = 0; index < choice.getChoices().length; index++) {
                    if (choice.getChoices()[index].equals(settings.get("realm"))) {
                        choice.setSelectedIndex(index);
                    }
                }
            } else if (callback instanceof RealmCallback) {
                RealmCallback realm = (RealmCallback) callback;
                realm.setText(settings.getOrDefault("realm", realm.getDefaultText()));
            } else if (callback instanceof NameCallback) {
                // Asked of the client only; to a server it tells the name, as the default.
                ((NameCallback) callback).setName(settings.get("username"));
            } else if (callback instanceof PasswordCallback) {
                ((PasswordCallback) callback).setPassword(settings.get("password").toCharArray());
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    /** Processor nanoseconds of this thread, so that others on the machine do not count. */
    static long now() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /** Octets of clear text a second through wrap, at the message size and for the milliseconds given. */
    static byte[] benchmark(String request) throws Exception {
        String[] words = request.split(" ");
        byte[] message = new byte[Integer.parseInt(words[0])];
        long start = now();
        long end = start + Long.parseLong(words[1]) * 1_000_000L;
        long count = 0;
        while (now() < end) {
            for (int turn = 0; turn < 8; turn++, count++) {
                wrap(message);
            }
        }
        double seconds = (now() - start) / 1e9;
        return String.valueOf(count * message.length / seconds).getBytes(StandardCharsets.US_ASCII);
    }

    /** Seconds of unwrapping framed records. */
    static byte[] timeRecords(byte[] body) throws Exception {
        ByteBuffer records = ByteBuffer.wrap(body);
        long start = now();
        while (records.hasRemaining()) {
            int length = records.getInt();
            int at = records.position();
            byte[] message =
                    client != null ? client.unwrap(body, at, length) : server.unwrap(body, at, length);
            if (message.length == 0) {
                throw new IllegalStateException("a record failed");
            }
            records.position(at + length);
        }
        return String.valueOf((now() - start) / 1e9).getBytes(StandardCharsets.US_ASCII);
    }
}
