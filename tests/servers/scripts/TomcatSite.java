// Tomcat, embedded, with its own authenticator: usage: java TomcatSite.java PORT FOLDER ALGORITHMS

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.Context;
import org.apache.catalina.authenticator.DigestAuthenticator;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.LoginConfig;
import org.apache.tomcat.util.descriptor.web.SecurityCollection;
import org.apache.tomcat.util.descriptor.web.SecurityConstraint;

public class TomcatSite {
    // A page, a redirect to it, or the body as it came.
    static class Page extends HttpServlet {
        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] body = request.getInputStream().readAllBytes();
            response.setContentType("application/octet-stream");
            switch (request.getRequestURI()) {
                case "/moved" -> response.sendRedirect("/page");
                case "/echo" -> response.getOutputStream().write(body);
                default -> response.getOutputStream().write("in\n".getBytes());
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(arguments[1]);
        tomcat.setHostname("127.0.0.1");
        tomcat.setPort(Integer.parseInt(arguments[0]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context site = tomcat.addContext("", arguments[1]);
        Tomcat.addServlet(site, "page", new Page());
        site.addServletMappingDecoded("/*", "page");
        SecurityCollection all = new SecurityCollection();
        all.addPatternDecoded("/*");
        SecurityConstraint rule = new SecurityConstraint();
        rule.addCollection(all);
        rule.addAuthRole("guest");
        site.addConstraint(rule);
        site.addSecurityRole("guest");
        site.setLoginConfig(new LoginConfig("DIGEST", "wonder", null, null));
        DigestAuthenticator login = new DigestAuthenticator();
        login.setAlgorithms(arguments[2]);
        site.getPipeline().addValve(login);
        tomcat.addUser("alice", "s3cret");
        tomcat.addRole("alice", "guest");
        tomcat.start();
        tomcat.getServer().await();
    }
}
