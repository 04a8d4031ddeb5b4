"""Connects by TLS, and sends data only if the verification service says that the certificate is the domain's."""

import hashlib
import os
import socket
import ssl
import sys

import grpc
from google.rpc import error_details_pb2, status_pb2
from posh.v1 import question_pb2, verification_service_pb2, verification_service_pb2_grpc

LOOPBACK = ("127.0.0.1:", "localhost:", "[::1]:")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def channel_to(endpoint):
    """Over TLS, unless the service is on this machine and has no CA: the key must not travel in plain text."""
    ca = os.environ.get("VERIFIER_CA_FILE")
    if ca is None and endpoint.startswith(LOOPBACK):
        return grpc.insecure_channel(endpoint, [("grpc.enable_http_proxy", 0)])
    return grpc.secure_channel(endpoint, grpc.ssl_channel_credentials(ca and read(ca)))


def metadata():
    key = os.environ.get("VERIFIER_KEY_FILE")
    return [("authorization", "Bearer " + read(key).decode().strip())] if key else []


def reason_of(error):
    """The code of a problem, or the status where there is none."""
    for name, value in error.trailing_metadata() or ():
        if name == "grpc-status-details-bin":
            info = error_details_pb2.ErrorInfo()
            if any(detail.Unpack(info) for detail in status_pb2.Status.FromString(value).details):
                return info.reason
    return error.code().name


def refusal(endpoint, domain, service, der):
    """None, or why no data may be sent."""
    chain = question_pb2.CertificateChain(certificates=[der])
    question = question_pb2.Question(domain=domain, service=service, chain=chain)
    request = verification_service_pb2.VerifyRequest(question=question)
    with channel_to(endpoint) as channel:
        stub = verification_service_pb2_grpc.VerificationServiceStub(channel)
        try:
            response = stub.Verify(request, timeout=5, metadata=metadata())
        except grpc.RpcError as error:
            return f"{reason_of(error)}: {error.details()}"
    if not response.HasField("answer"):
        return "WrongAnswer: there is no answer"
    answer = response.answer
    if not answer.valid:
        return f"{answer.code}: {answer.message}"
    asked = (domain, service, hashlib.sha256(der).digest())
    if (answer.domain, answer.service, answer.certificate.sha256) != asked:
        return "WrongAnswer: the answer is about something else"
    return None


def main(host, port, domain, service, endpoint):
    context = ssl.create_default_context()
    context.check_hostname = False  # the service decides, below
    context.verify_mode = ssl.CERT_NONE
    context.options |= ssl.OP_NO_RENEGOTIATION  # with another certificate
    with socket.create_connection((host, int(port)), timeout=5) as tcp:
        with context.wrap_socket(tcp, server_hostname=domain) as tls:
            refused = refusal(endpoint, domain, service, tls.getpeercert(binary_form=True))
            if refused is not None:
                return refused
            print(tls.recv(1024).decode())
            tls.sendall(b"hello")
            print(tls.recv(1024).decode())
    return None


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit("usage: grpc_client.py HOST PORT DOMAIN SERVICE VERIFIER")
    sys.exit(main(*sys.argv[1:]))
