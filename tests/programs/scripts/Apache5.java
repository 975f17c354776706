// Apache HttpClient 5 on visits to the site. usage: java Apache5.java apache FILE, as in Clients.java.

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPut;
import org.apache.hc.client5.http.classic.methods.HttpUriRequest;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.CloseableHttpResponse;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;

public class Apache5 {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] visit = line.split("\t", -1);
            BasicCredentialsProvider logins = new BasicCredentialsProvider();
            logins.setCredentials(
                new AuthScope(visit[0], Integer.parseInt(visit[1])),
                new UsernamePasswordCredentials(visit[2], visit[3].toCharArray()));
            HttpClientContext context = HttpClientContext.create();
            try (CloseableHttpClient client = HttpClients.custom().setDefaultCredentialsProvider(logins).build()) {
                for (String page : visit[5].split(",")) {
                    attempt(client, context, new HttpGet(visit[4] + page));
                }
                if (!visit[6].isEmpty()) {
                    HttpPut put = new HttpPut(visit[4] + visit[6]);
                    byte[] body = Files.readAllBytes(Path.of(visit[7]));
                    put.setEntity(new ByteArrayEntity(body, ContentType.APPLICATION_OCTET_STREAM));
                    attempt(client, context, put);
                }
            }
        }
    }

    static void attempt(CloseableHttpClient client, HttpClientContext context, HttpUriRequest request) {
        try (CloseableHttpResponse answer = client.execute(request, context)) {
            EntityUtils.consume(answer.getEntity());
        } catch (Exception error) {
            System.err.println(error);
        }
    }
}
