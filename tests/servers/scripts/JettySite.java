// Jetty, embedded, with its own authenticator: usage: java JettySite.java PORT

import java.io.IOException;
import java.net.InetSocketAddress;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.security.ConstraintMapping;
import org.eclipse.jetty.security.ConstraintSecurityHandler;
import org.eclipse.jetty.security.HashLoginService;
import org.eclipse.jetty.security.UserStore;
import org.eclipse.jetty.security.authentication.DigestAuthenticator;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.AbstractHandler;
import org.eclipse.jetty.util.security.Constraint;
import org.eclipse.jetty.util.security.Credential;

public class JettySite {
    // A page, a redirect to it, or the body as it came.
    static class Page extends AbstractHandler {
        @Override
        public void handle(String target, Request base, HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            byte[] body = request.getInputStream().readAllBytes();
            response.setContentType("application/octet-stream");
            base.setHandled(true);
            switch (target) {
                case "/moved" -> response.sendRedirect("/page");
                case "/echo" -> response.getOutputStream().write(body);
                default -> response.getOutputStream().write("in\n".getBytes());
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
        UserStore users = new UserStore();
        users.addUser("alice", Credential.getCredential("s3cret"), new String[] {"guest"});
        HashLoginService service = new HashLoginService("wonder");
        service.setUserStore(users);
        Constraint rule = new Constraint(Constraint.__DIGEST_AUTH, "guest");
        rule.setAuthenticate(true);
        ConstraintMapping everywhere = new ConstraintMapping();
        everywhere.setPathSpec("/*");
        everywhere.setConstraint(rule);
        ConstraintSecurityHandler login = new ConstraintSecurityHandler();
        login.addConstraintMapping(everywhere);
        login.setAuthenticator(new DigestAuthenticator());
        login.setLoginService(service);
        login.setHandler(new Page());
        server.setHandler(login);
        server.start();
        server.join();
    }
}
