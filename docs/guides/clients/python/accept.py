"""Connects with TLS, and accepts a certificate of another name only because the POSH service says so.

accept.py HOST PORT DOMAIN SERVICE; VERIFIER_URL, VERIFIER_CA_FILE, VERIFIER_KEY_FILE, VERIFIER_TIMEOUT
"""
import base64, contextlib, hashlib, http.client, json, os, re, signal, socket, ssl, sys, urllib.parse

SECONDS = float(os.environ.get("VERIFIER_TIMEOUT", "10"))
MOST = 65_536  # octets of an answer, or of a line


class NotAccepted(Exception):
    """Code and message."""


@contextlib.contextmanager
def within(seconds):
    """The end of everything inside. The time-out of a socket alone begins anew with each octet that comes."""
    def end(*_):
        raise TimeoutError("the time is over")
    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def connect(host, port, domain):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # no certificate is accepted here: that is decided below, before a word is said
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context.wrap_socket(socket.create_connection((host, port), SECONDS), server_hostname=domain)


def chain_of(peer):
    """The certificates as presented, in DER. The method has a public name from Python 3.13 on."""
    if hasattr(peer, "get_unverified_chain"):
        return peer.get_unverified_chain()
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in peer._sslobj.get_unverified_chain()]


def post(question):
    """Status, media type and body. http.client follows no redirects, and uses no proxy of the environment."""
    url = urllib.parse.urlsplit(os.environ.get("VERIFIER_URL", ""))
    if url.scheme == "https":
        trust = ssl.create_default_context(cafile=os.environ.get("VERIFIER_CA_FILE"))
        connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=SECONDS, context=trust)
    elif url.scheme == "http" and url.hostname in ("127.0.0.1", "::1", "localhost"):
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=SECONDS)
    else:
        raise NotAccepted("NoAnswer", "VERIFIER_URL must be https, or http on this machine")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if os.environ.get("VERIFIER_KEY_FILE"):
        with open(os.environ["VERIFIER_KEY_FILE"]) as file:
            headers["Authorization"] = "Bearer " + file.read().strip()
    with contextlib.closing(connection):
        connection.request("POST", url.path.rstrip("/") + "/v1/verify", json.dumps(question), headers)
        response = connection.getresponse()
        body = response.read(MOST + 1)
        if len(body) > MOST:
            raise NotAccepted("NoAnswer", "the answer is too large")
        return response.status, response.headers.get_content_type() if "content-type" in response.headers else "", body


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def parse(body):
    try:
        answer = json.loads(body.decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def ask(domain, service, chain):
    """Returns the message of a yes about exactly this, and raises for everything else."""
    certificates = [base64.b64encode(der).decode() for der in chain]
    question = {"domain": domain, "service": service, "chain": certificates, "prooftypes": ["pkix", "posh"]}
    try:
        with within(SECONDS):
            status, media_type, body = post(question)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotAccepted("NoAnswer", f"{type(error).__name__}: {error}") from error
    if status != 200 or media_type != "application/json":
        problem = parse(body) if media_type == "application/problem+json" else {}
        raise NotAccepted(problem.get("code", "NoAnswer"), problem.get("detail", f"HTTP {status} {media_type}"))
    answer = parse(body)
    if answer.get("valid") is False:
        raise NotAccepted(answer.get("code"), answer.get("message"))
    certificate = answer.get("certificate")
    sha256 = base64.b64encode(hashlib.sha256(chain[0]).digest()).decode()
    if not (
        answer.get("valid") is True and answer.get("verdict") == "verified"
        and answer.get("domain") == domain and answer.get("service") == service
        and isinstance(certificate, dict) and certificate.get("sha256") == sha256
    ):
        raise NotAccepted("WrongAnswer", "this is no yes about this domain, service and certificate")
    return answer.get("message")


def printable(text):
    return re.sub(r"[^ -~]", "?", str(text))[:500]


def talk(peer):
    """The application: the peer is the one that was meant. It greets, and repeats a line."""
    peer.settimeout(SECONDS)
    lines = peer.makefile("rwb")
    print(printable(lines.readline(MOST).decode("utf-8", "replace").rstrip("\n")))
    lines.write(b"hello\n")
    lines.flush()
    print(printable(lines.readline(MOST).decode("utf-8", "replace").rstrip("\n")))


def main(host, port, domain, service):
    try:
        with within(SECONDS):
            peer = connect(host, int(port), domain)
    except (OSError, ValueError) as error:
        raise NotAccepted("PeerFailed", f"{type(error).__name__}: {error}") from error
    with peer:
        print("accepted:", printable(ask(domain, service, chain_of(peer))))
        talk(peer)


if len(sys.argv) != 5:
    sys.exit(__doc__)
try:
    main(*sys.argv[1:])
except NotAccepted as no:
    sys.exit("not accepted: " + ": ".join(map(printable, no.args)))
