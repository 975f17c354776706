import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.SecretKey;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslServer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.protocol.datatransfer.sasl.DataTransferSaslUtil;
import org.apache.hadoop.hdfs.security.token.delegation.DelegationTokenIdentifier;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.ipc.ProtobufRpcEngine2;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.ipc.Server;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.SaslInputStream;
import org.apache.hadoop.security.SaslOutputStream;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.SecretManager;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.security.token.TokenIdentifier;
import org.apache.hadoop.security.token.delegation.AbstractDelegationTokenSecretManager;
import org.apache.hadoop.tools.GetUserMappingsProtocol;
import org.apache.hadoop.tools.proto.GetUserMappingsProtocolProtos.GetUserMappingsProtocolService;
import org.apache.hadoop.tools.protocolPB.GetUserMappingsProtocolPB;
import org.apache.hadoop.tools.protocolPB.GetUserMappingsProtocolServerSideTranslatorPB;

/**
 * Hadoop's own RPC server, and the login of an HDFS data node: arguments are a file and six ports. The file gets the
 * tokens "rpc" and "block". Three ports are RPC with authentication, integrity and privacy, three data nodes with
 * auth, auth-int and auth-conf.
 */
public class HadoopPeer {
    static final String[] PROTECTIONS = {"authentication", "integrity", "privacy"};
    static final String[] LAYERS = {"auth", "auth-int", "auth-conf"};
    static final String KEY_NAME = "7 BP-1 " + Base64.getEncoder().encodeToString("nonce".getBytes());
    static final byte[] KEY = "a key of a pool".getBytes();

    /** A NameNode's: tokens in memory. */
    static class Tokens extends AbstractDelegationTokenSecretManager<DelegationTokenIdentifier> {
        Tokens() {
            super(86400000L, 86400000L, 86400000L, 86400000L);
        }

        @Override
        public DelegationTokenIdentifier createIdentifier() {
            return new DelegationTokenIdentifier();
        }
    }

    /** A pool's: the password of a block token follows from its identifier. */
    static class Blocks extends SecretManager<TokenIdentifier> {
        final SecretKey key = generateSecret();

        @Override
        protected byte[] createPassword(TokenIdentifier identifier) {
            return createPassword(identifier.getBytes(), key);
        }

        @Override
        public byte[] retrievePassword(TokenIdentifier identifier) {
            return createPassword(identifier);
        }

        @Override
        public TokenIdentifier createIdentifier() {
            throw new UnsupportedOperationException();
        }

        byte[] password(byte[] identifier) {
            return createPassword(identifier, key);
        }
    }

    static final Blocks BLOCKS = new Blocks();

    public static void main(String[] arguments) throws Exception {
        Configuration configuration = new Configuration(false);
        configuration.set("hadoop.security.authentication", "token");
        UserGroupInformation.setConfiguration(configuration);
        Tokens tokens = new Tokens();
        tokens.startThreads();
        Text owner = new Text("chris");
        Credentials credentials = new Credentials();
        credentials.addToken(new Text("rpc"), new Token<>(new DelegationTokenIdentifier(owner, owner, owner), tokens));
        byte[] block = new byte[60];
        for (int index = 0; index < block.length; index++) {
            block[index] = (byte) (index * 5);
        }
        credentials.addToken(new Text("block"), new Token<>(
                block, BLOCKS.password(block), new Text("HDFS_BLOCK_TOKEN"), new Text("")));
        try (DataOutputStream file = new DataOutputStream(new FileOutputStream(arguments[0]))) {
            credentials.writeTokenStorageToStream(file);
        }
        for (int index = 0; index < LAYERS.length; index++) {
            serveData(LAYERS[index], Integer.parseInt(arguments[4 + index]));
        }
        for (int index = 0; index < PROTECTIONS.length; index++) {
            serveCalls(configuration, PROTECTIONS[index], tokens, Integer.parseInt(arguments[1 + index]));
        }
    }

    static void serveCalls(Configuration common, String protection, Tokens tokens, int port) throws IOException {
        Configuration configuration = new Configuration(common);
        configuration.set("hadoop.rpc.protection", protection);
        RPC.setProtocolEngine(configuration, GetUserMappingsProtocolPB.class, ProtobufRpcEngine2.class);
        GetUserMappingsProtocol service = HadoopPeer::groups;
        new RPC.Builder(configuration)
                .setProtocol(GetUserMappingsProtocolPB.class)
                .setInstance(GetUserMappingsProtocolService.newReflectiveBlockingService(
                        new GetUserMappingsProtocolServerSideTranslatorPB(service)))
                .setBindAddress("127.0.0.1")
                .setPort(port)
                .setNumHandlers(1)
                .setSecretManager(tokens)
                .build()
                .start();
    }

    /** Whose token it was, and the name that was asked for; "many" names, or an error for "nobody". */
    static String[] groups(String user) throws IOException {
        if (user.equals("nobody")) {
            throw new IOException("there is nobody");
        }
        String[] names = new String[user.equals("many") ? 50000 : 2];
        Arrays.fill(names, user);
        names[0] = Server.getRemoteUser().getUserName();
        return names;
    }

    static void serveData(String layer, int port) throws IOException {
        ServerSocket listener = new ServerSocket(port, 5, InetAddress.getByName("127.0.0.1"));
        Thread thread = new Thread(() -> {
            while (true) {
                try (Socket socket = listener.accept()) {
                    serveBlock(socket, layer);
                } catch (IOException error) {
                    System.err.println(error);
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** The login as a data node has it, from Hadoop's messages and the JDK's mechanism; then what comes goes back. */
    static void serveBlock(Socket socket, String layer) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        if (in.readInt() != DataTransferSaslUtil.SASL_TRANSFER_MAGIC_NUMBER) {
            throw new IOException("not the magic number");
        }
        Map<String, String> properties = new HashMap<>();
        properties.put(Sasl.QOP, layer);
        properties.put(Sasl.SERVER_AUTH, "true");
        SaslServer server = Sasl.createSaslServer("DIGEST-MD5", "hdfs", "0", properties, HadoopPeer::answer);
        try {
            DataTransferSaslUtil.sendSaslMessage(out, server.evaluateResponse(DataTransferSaslUtil.readSaslMessage(in)));
            byte[] response = DataTransferSaslUtil.readSaslMessageAndNegotiationCipherOptions(
                    in, new ArrayList<>());
            byte[] proof = server.evaluateResponse(response);
            DataTransferSaslUtil.sendSaslMessageAndNegotiatedCipherOption(out, proof, null);
        } catch (IOException error) {
            DataTransferSaslUtil.sendGenericSaslErrorMessage(out, error.getMessage());
            return;
        }
        if (!layer.equals("auth")) {
            in = new DataInputStream(new SaslInputStream(in, server));
            out = new DataOutputStream(new BufferedOutputStream(new SaslOutputStream(out, server)));
        }
        while (true) {
            byte[] data = new byte[in.readInt()];
            in.readFully(data);
            out.writeInt(data.length);
            out.write(data);
            out.flush();
        }
    }

    static void answer(Callback[] callbacks) {
        String name = "";
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback) {
                name = ((NameCallback) callback).getDefaultName();
                ((NameCallback) callback).setName(name);
            } else if (callback instanceof PasswordCallback) {
                byte[] password = name.equals(KEY_NAME) ? KEY : BLOCKS.password(Base64.getDecoder().decode(name));
                ((PasswordCallback) callback).setPassword(DataTransferSaslUtil.encryptionKeyToPassword(password));
            } else if (callback instanceof RealmCallback) {
                ((RealmCallback) callback).setText(((RealmCallback) callback).getDefaultText());
            } else if (callback instanceof AuthorizeCallback) {
                ((AuthorizeCallback) callback).setAuthorized(true);
            }
        }
    }
}
