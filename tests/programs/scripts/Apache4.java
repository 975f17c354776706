// Apache HttpClient 4 on visits to the site. usage: java Apache4.java apache FILE, as in Clients.java.

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.http.auth.AuthScope;
import org.apache.http.auth.UsernamePasswordCredentials;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.client.methods.HttpPut;
import org.apache.http.client.methods.HttpUriRequest;
import org.apache.http.client.protocol.HttpClientContext;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.impl.client.BasicCredentialsProvider;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.util.EntityUtils;

public class Apache4 {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] visit = line.split("\t", -1);
            BasicCredentialsProvider logins = new BasicCredentialsProvider();
            logins.setCredentials(AuthScope.ANY, new UsernamePasswordCredentials(visit[2], visit[3]));
            HttpClientContext context = HttpClientContext.create();
            try (CloseableHttpClient client = HttpClients.custom().setDefaultCredentialsProvider(logins).build()) {
                for (String page : visit[5].split(",")) {
                    attempt(client, context, new HttpGet(visit[4] + page));
                }
                if (!visit[6].isEmpty()) {
                    HttpPut put = new HttpPut(visit[4] + visit[6]);
                    put.setEntity(new ByteArrayEntity(Files.readAllBytes(Path.of(visit[7]))));
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
