// Java's own clients and Apache's on visits to the site.
// usage: java Clients.java LIBRARY FILE: a name below, and a file with one line for each visit, tabs between its words:
// host, port, user, password, what stands before each page, the pages with commas between them, the page to put, its body.

import java.io.InputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

public class Clients {
    interface Asking {
        void ask(String method, String url, byte[] body) throws Exception;
    }

    static Authenticator login(String user, String password) {
        return new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(user, password.toCharArray());
            }
        };
    }

    static Asking urlConnection(String user, String password) {
        Authenticator login = login(user, password);
        return (method, url, body) -> {
            HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
            connection.setAuthenticator(login);
            connection.setRequestMethod(method);
            if (body != null) {
                connection.setDoOutput(true);
                connection.getOutputStream().write(body);
            }
            try (InputStream answer = connection.getInputStream()) {
                answer.readAllBytes();
            }
        };
    }

    static Asking httpClient(String user, String password) {
        HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).authenticator(login(user, password)).build();
        return (method, url, body) -> {
            HttpRequest.BodyPublisher publisher =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body);
            client.send(
                HttpRequest.newBuilder(URI.create(url)).method(method, publisher).build(),
                HttpResponse.BodyHandlers.discarding());
        };
    }

    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] visit = line.split("\t", -1);
            Asking asking =
                switch (arguments[0]) {
                    case "HttpURLConnection" -> urlConnection(visit[2], visit[3]);
                    default -> httpClient(visit[2], visit[3]);
                };
            go(asking, visit);
        }
        System.exit(0);
    }

    static void go(Asking asking, String[] visit) throws Exception {
        for (String page : visit[5].split(",")) {
            attempt(asking, "GET", visit[4] + page, null);
        }
        if (!visit[6].isEmpty()) {
            attempt(asking, "PUT", visit[4] + visit[6], Files.readAllBytes(Path.of(visit[7])));
        }
    }

    static void attempt(Asking asking, String method, String url, byte[] body) {
        try {
            asking.ask(method, url, body);
        } catch (Exception error) {
            System.err.println(error);
        }
    }
}
