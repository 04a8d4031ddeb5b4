# Connects with TLS, and accepts a certificate of another name only because the POSH service says so.
#
# accept.rb HOST PORT DOMAIN SERVICE; VERIFIER_URL, VERIFIER_CA_FILE, VERIFIER_KEY_FILE, VERIFIER_TIMEOUT
require "json"
require "net/http"
require "openssl"
require "socket"
require "timeout"

SECONDS = Float(ENV.fetch("VERIFIER_TIMEOUT", "10"))
MOST = 65_536 # octets of an answer, or of a line

# Code and message.
class NotAccepted < StandardError
  def initialize(code, message) = super("#{code}: #{message}")
end

# An object in which no member is there twice.
class Members < Hash
  def []=(name, value)
    raise JSON::ParserError, "a member is there twice" if key?(name)
    super
  end
end

def connect(host, port, domain)
  context = OpenSSL::SSL::SSLContext.new
  context.min_version = OpenSSL::SSL::TLS1_2_VERSION
  context.options |= OpenSSL::SSL::OP_NO_RENEGOTIATION
  context.cert_store = OpenSSL::X509::Store.new.tap(&:set_default_paths)
  # OpenSSL checks all the same, and verify_result says with which result; it goes on, because that does not decide alone.
  context.verify_mode = OpenSSL::SSL::VERIFY_NONE
  peer = OpenSSL::SSL::SSLSocket.new(TCPSocket.new(host, port), context)
  peer.sync_close = true
  peer.hostname = domain
  peer.connect
end

def suffices?(peer, domain)
  peer.verify_result == OpenSSL::X509::V_OK && OpenSSL::SSL.verify_certificate_identity(peer.peer_cert, domain)
end

# Status, media type and body. Net::HTTP follows no redirects; the nil keeps it from using a proxy of the environment.
def post(question)
  url = URI(ENV.fetch("VERIFIER_URL"))
  local = %w[127.0.0.1 ::1 localhost].include?(url.hostname)
  raise NotAccepted.new("NoAnswer", "VERIFIER_URL must be https, or http on this machine") unless
    url.scheme == "https" || (url.scheme == "http" && local)
  request = Net::HTTP::Post.new("#{url.path.chomp("/")}/v1/verify", {
    "content-type" => "application/json", "accept" => "application/json", "accept-encoding" => "identity"
  })
  key = ENV["VERIFIER_KEY_FILE"]
  request["authorization"] = "Bearer #{File.read(key).strip}" if key
  request.body = JSON.generate(question)
  http = Net::HTTP.new(url.hostname, url.port, nil)
  http.max_retries = 0
  http.use_ssl = url.scheme == "https"
  http.ca_file = ENV["VERIFIER_CA_FILE"]
  http.start do
    http.request(request) do |response|
      body = +""
      response.read_body do |part|
        body << part
        raise NotAccepted.new("NoAnswer", "the answer is too large") if body.bytesize > MOST
      end
      return response.code.to_i, response.content_type.to_s.downcase, body
    end
  end
end

def parse(body)
  answer = JSON.parse(body.force_encoding("UTF-8"), object_class: Members)
  answer.is_a?(Hash) ? answer : {}
rescue JSON::ParserError, EncodingError
  {}
end

# Returns the message of a yes about exactly this, and raises for everything else.
def ask(domain, service, chain)
  question = { domain:, service:, chain: chain.map { |each| [each.to_der].pack("m0") } }
  status, type, body =
    begin
      Timeout.timeout(SECONDS) { post(question) }
    rescue NotAccepted
      raise
    rescue StandardError => error
      raise NotAccepted.new("NoAnswer", "#{error.class}: #{error.message}")
    end
  if status != 200 || type != "application/json"
    problem = type == "application/problem+json" ? parse(body) : {}
    raise NotAccepted.new(problem.fetch("code", "NoAnswer"), problem.fetch("detail", "HTTP #{status} #{type}"))
  end
  answer = parse(body)
  raise NotAccepted.new(answer["code"], answer["message"]) if answer["valid"] == false
  certificate = answer["certificate"]
  sha256 = [OpenSSL::Digest::SHA256.digest(chain.first.to_der)].pack("m0")
  return answer["message"] if
    answer["valid"] == true && answer["verdict"] == "verified" &&
    answer["domain"] == domain && answer["service"] == service &&
    certificate.is_a?(Hash) && certificate["sha256"] == sha256
  raise NotAccepted.new("WrongAnswer", "this is no yes about this domain, service and certificate")
end

def printable(text) = text.to_s.scrub("?").gsub(/[^ -~]/, "?")[0, 500]

# The application: the peer is the one that was meant. It greets, and repeats a line.
def talk(peer)
  Timeout.timeout(SECONDS) do
    puts printable(peer.gets("\n", MOST).to_s.chomp)
    peer.puts "hello"
    puts printable(peer.gets("\n", MOST).to_s.chomp)
  end
end

def main(host, port, domain, service)
  begin
    peer = Timeout.timeout(SECONDS) { connect(host, port, domain) }
  rescue StandardError => error
    raise NotAccepted.new("PeerFailed", "#{error.class}: #{error.message}")
  end
  if suffices?(peer, domain)
    puts "accepted: the ordinary check suffices"
  else
    puts "accepted: #{printable(ask(domain, service, peer.peer_cert_chain))}"
  end
  talk(peer)
ensure
  peer&.close
end

abort "usage: accept.rb HOST PORT DOMAIN SERVICE" if ARGV.length != 4
begin
  main(*ARGV)
rescue NotAccepted => no
  abort "not accepted: #{printable(no.message)}"
end
