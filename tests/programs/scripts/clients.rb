# Ruby's libraries on visits to the site.
# usage: ruby clients.rb LIBRARY VISITS: "httpclient" or "net-http-digest_auth", and a JSON list of visits.
require 'json'
require 'net/http'
require 'uri'

def attempt
  yield
rescue StandardError => e
  warn e.full_message
end

def httpclient(visit)
  require 'httpclient'
  client = HTTPClient.new
  client.receive_timeout = 20
  client.set_auth(visit['site'], visit['user'], visit['password'])
  visit['gets'].each { |name| attempt { client.get(visit['url'] + name) } }
  attempt { client.put(visit['url'] + 'put', File.binread(visit['body'])) } unless visit['put'].empty?
end

# The library makes a header and leaves the rest to its user: ask, read the challenge, ask again.
def net_http(visit)
  require 'net/http/digest_auth'
  digest = Net::HTTP::DigestAuth.new
  asked = visit['gets'].map { |name| [Net::HTTP::Get, name] }
  asked << [Net::HTTP::Put, 'put'] unless visit['put'].empty?
  asked.each do |kind, name|
    attempt do
      uri = URI(visit['url'] + name)
      uri.user = visit['user']
      uri.password = URI.encode_www_form_component(visit['password'])
      Net::HTTP.start(uri.host, uri.port, nil) do |http|
        ask = lambda do |authorization|
          request = kind.new(uri.request_uri)
          request['Authorization'] = authorization if authorization
          request.body = File.binread(visit['body']) if name == 'put'
          http.request(request)
        end
        first = ask.call(nil)
        ask.call(digest.auth_header(uri, first['www-authenticate'], kind::METHOD)) if first.code == '401'
      end
    end
  end
end

JSON.parse(ARGV[1]).each do |visit|
  attempt { ARGV[0] == 'httpclient' ? httpclient(visit) : net_http(visit) }
end
