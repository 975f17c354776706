// npm's servers that ask for Digest.
// usage: node servers.mjs FOLDER SERVER PORT: where they are installed, a name of `servers`.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, name, port] = process.argv.slice(2);
const require = createRequire(join(folder, "index.js"));
const [host, user, password, realm] = ["127.0.0.1", "alice", "s3cret", "wonder"];

// A page, a redirect to it, or the body as it came.
function answer(request, response) {
  if (request.url === "/echo") return void request.pipe(response);
  if (request.url === "/moved") response.writeHead(302, { Location: "/page" });
  request.resume().on("end", () => response.end("in\n"));
}

function httpAuth() {
  const { digest } = require("http-auth");
  const hash = createHash("md5").update(`${user}:${realm}:${password}`).digest("hex");
  const login = digest({ realm }, (username, callback) => callback(username === user ? hash : undefined));
  return createServer(login.check(answer));
}

function passportHttp() {
  const passport = require("passport");
  const { DigestStrategy } = require("passport-http");
  const check = (username, done) => (username === user ? done(null, { username }, password) : done(null, false));
  passport.use(new DigestStrategy({ realm, qop: "auth" }, check));
  const login = passport.authenticate("digest", { session: false });
  return createServer((request, response) => login(request, response, () => answer(request, response)));
}

function webdavServer() {
  const { v2: webdav } = require("webdav-server");
  const users = new webdav.SimpleUserManager();
  const privileges = new webdav.SimplePathPrivilegeManager();
  privileges.setRights(users.addUser(user, password, false), "/", ["all"]);
  const httpAuthentication = new webdav.HTTPDigestAuthentication(users, realm);
  const server = new webdav.WebDAVServer({ httpAuthentication, privilegeManager: privileges, requireAuthentification: true });
  const page = { page: webdav.ResourceType.File };
  server.rootFileSystem().addSubTree(server.createExternalContext(), page, () => {});
  return createServer((request, response) => server.executeRequest(request, response));
}

const servers = { "http-auth": httpAuth, "passport-http": passportHttp, "webdav-server": webdavServer };
servers[name]().listen(Number(port), host);
