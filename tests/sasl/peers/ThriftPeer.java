import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import org.apache.thrift.transport.TSaslServerTransport;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TTransport;

/** Apache Thrift's SASL server: takes one connection after another and sends back what it reads. */
public class ThriftPeer {
    public static void main(String[] arguments) throws Exception {
        Map<String, String> properties = new HashMap<>();
        properties.put(Sasl.QOP, arguments[1]);
        properties.put("com.sun.security.sasl.digest.realm", "default");
        TSaslServerTransport.Factory factory = new TSaslServerTransport.Factory(
                "DIGEST-MD5", "null", "default", properties, ThriftPeer::answer);
        TServerSocket listener = new TServerSocket(Integer.parseInt(arguments[0]));
        listener.listen();
        while (true) {
            TTransport socket = listener.accept();
            try {
                TTransport transport = factory.getTransport(socket);
                byte[] length = new byte[4];
                while (true) {
                    transport.readAll(length, 0, 4);
                    byte[] body = new byte[java.nio.ByteBuffer.wrap(length).getInt()];
                    transport.readAll(body, 0, body.length);
                    transport.write(length);
                    transport.write(body);
                    transport.flush();
                }
            } catch (Exception error) {
                System.err.println(error);
                socket.close();
            }
        }
    }

    static void answer(Callback[] callbacks) {
        for (Callback callback : callbacks) {
            if (callback instanceof AuthorizeCallback) {
                ((AuthorizeCallback) callback).setAuthorized(true);
            } else if (callback instanceof NameCallback) {
                ((NameCallback) callback).setName(((NameCallback) callback).getDefaultName());
            } else if (callback instanceof PasswordCallback) {
                ((PasswordCallback) callback).setPassword("secret".toCharArray());
            } else if (callback instanceof RealmCallback) {
                ((RealmCallback) callback).setText(((RealmCallback) callback).getDefaultText());
            }
        }
    }
}
