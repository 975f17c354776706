# Ruby's servers that ask for Digest.
# usage: ruby servers.rb SERVER PORT FILE: a name of SERVERS, and an htdigest file.
require "webrick"
require "webrick/httpauth"

HOST, REALM = "127.0.0.1", "wonder"
name, port, file = ARGV

# A page, a redirect to it, or the body as it came: status, fields, body.
def answer(path, body)
  return 302, { "Location" => "/page" }, "" if path == "/moved"
  return 200, { "Content-Type" => "application/octet-stream" }, path == "/echo" ? body : "in\n"
end

def options(port)
  { BindAddress: HOST, Port: port.to_i, AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN) }
end

# The page of a server; the block lets a request in or raises.
class Page < WEBrick::HTTPServlet::AbstractServlet
  def initialize(server, login)
    super(server)
    @login = login
  end

  def do_GET(request, response)
    # What the authenticator reads of a body is gone, so with auth-int it is gone.
    @login.authenticate(request, response)
    response.status, fields, response.body = answer(request.path, request.body || "")
    fields.each { |key, value| response[key] = value }
  end
  alias do_POST do_GET
  alias do_PUT do_GET
end

def webrick(port, file, **rules)
  users = WEBrick::HTTPAuth::Htdigest.new(file)
  server = WEBrick::HTTPServer.new(options(port))
  server.mount("/", Page, WEBrick::HTTPAuth::DigestAuth.new(UserDB: users, Realm: REALM, **rules))
  server.start
end

def rack(port)
  require "rack"
  require "rack/auth/digest/md5"
  require "rack/handler/webrick"
  pages = lambda do |environment|
    status, fields, body = answer(environment["PATH_INFO"], environment["rack.input"].read)
    [status, fields, [body]]
  end
  app = Rack::Auth::Digest::MD5.new(pages, REALM, "of the nonces") { |user| { "alice" => "s3cret" }[user] }
  Rack::Handler::WEBrick.run(app, **options(port))
end

# rack warns of what it will drop.
$VERBOSE = nil
case name
when "WEBrick" then webrick(port, file)
when "WEBrick, CheckNc" then webrick(port, file, CheckNc: true)
when "WEBrick, auth-int" then webrick(port, file, Qop: ["auth-int"])
when "Rack" then rack(port)
end
