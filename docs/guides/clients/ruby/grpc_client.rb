# Connects by TLS, and sends data only if the verification service says that the certificate is the domain's.
require 'digest'
require 'openssl'
require 'socket'
require 'timeout'
require 'google/protobuf/well_known_types'
require 'grpc'
require 'google/rpc/error_details_pb'
require 'posh/v1/verification_service_services_pb'

LOOPBACK = ['127.0.0.1:', 'localhost:', '[::1]:'].freeze

# Over TLS, unless the service is on this machine and has no CA: the key must not travel in plain text.
def credentials_for(endpoint)
  ca = ENV.fetch('VERIFIER_CA_FILE', nil)
  return :this_channel_is_insecure if ca.nil? && endpoint.start_with?(*LOOPBACK)

  ca.nil? ? GRPC::Core::ChannelCredentials.new : GRPC::Core::ChannelCredentials.new(File.read(ca))
end

def metadata
  key = ENV.fetch('VERIFIER_KEY_FILE', nil)
  key.nil? ? {} : { 'authorization' => "Bearer #{File.read(key).strip}" }
end

# The code of a problem, or the status where there is none.
def reason_of(error)
  details = error.to_rpc_status&.details.to_a
  info = details.find { |detail| detail.is(Google::Rpc::ErrorInfo) }
  info ? info.unpack(Google::Rpc::ErrorInfo).reason : error.class.name.split('::').last
end

# Nil, or why no data may be sent. The leaf comes first.
def refusal(endpoint, domain, service, chain)
  certificates = Posh::V1::CertificateChain.new(certificates: chain)
  question = Posh::V1::Question.new(domain: domain, service: service, chain: certificates)
  channel = { 'grpc.enable_http_proxy' => 0 }
  stub = Posh::V1::VerificationService::Stub.new(endpoint, credentials_for(endpoint), timeout: 5, channel_args: channel)
  begin
    answer = stub.verify(Posh::V1::VerifyRequest.new(question: question), metadata: metadata).answer
  rescue GRPC::BadStatus => e
    return "#{reason_of(e)}: #{e.details}"
  end
  return 'WrongAnswer: there is no answer' if answer.nil?
  return "#{answer.code}: #{answer.message}" unless answer.valid

  asked = [domain, service, Digest::SHA256.digest(chain.first)]
  return nil if [answer.domain, answer.service, answer.certificate&.sha256] == asked

  'WrongAnswer: the answer is about something else'
end

def run(host, port, domain, service, endpoint)
  tcp = Socket.tcp(host, port, connect_timeout: 5)
  context = OpenSSL::SSL::SSLContext.new
  context.verify_mode = OpenSSL::SSL::VERIFY_NONE # the service decides, below
  context.min_version = OpenSSL::SSL::TLS1_2_VERSION
  context.options |= OpenSSL::SSL::OP_NO_RENEGOTIATION # with another certificate
  tls = OpenSSL::SSL::SSLSocket.new(tcp, context)
  tls.sync_close = true
  tls.hostname = domain
  Timeout.timeout(5) { tls.connect }
  refused = refusal(endpoint, domain, service, tls.peer_cert_chain.map(&:to_der))
  return refused if refused

  Timeout.timeout(5) do
    puts tls.readpartial(1024)
    tls.write('hello')
    puts tls.readpartial(1024)
  end
  nil
ensure
  tls&.close
end

abort 'usage: grpc_client.rb HOST PORT DOMAIN SERVICE VERIFIER' if ARGV.length != 5
refused = run(*ARGV)
abort refused if refused
