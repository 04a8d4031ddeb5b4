// Connects with TLS, and accepts a certificate of another name only because the POSH service says so.
//
// Accept HOST PORT DOMAIN SERVICE; VERIFIER_URL, VERIFIER_CA_FILE, VERIFIER_KEY_FILE, VERIFIER_TIMEOUT
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

public final class Accept {
    static final long MILLIS = (long) (1000 * Double.parseDouble(variable("VERIFIER_TIMEOUT", "10")));
    static final int MOST = 65_536; // octets of an answer, or characters of a line

    /** Its message is the code and what the service says. */
    static final class NotAccepted extends CertificateException {
        private static final long serialVersionUID = 1;

        NotAccepted(Object code, Object message) {
            super(code + ": " + message);
        }
    }

    /** The ordinary check first, and the service where it fails. As a part of the handshake it also serves libraries. */
    static final class Verifier extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager ordinary;
        private final String domain;
        private final String service;
        /** Why the certificate is accepted. The peer has shown that it has its key only when the handshake is over. */
        volatile String why = "";

        Verifier(String domain, String service) throws GeneralSecurityException {
            this.ordinary = trustManager(null);
            this.domain = domain;
            this.service = service;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket) throws CertificateException {
            try {
                ordinary.checkServerTrusted(chain, kind, socket); // the name too, as the parameters of the socket say
                why = "the ordinary check suffices";
            } catch (CertificateException failed) {
                why = ask(domain, service, chain);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine) throws CertificateException {
            try {
                ordinary.checkServerTrusted(chain, kind, engine);
                why = "the ordinary check suffices";
            } catch (CertificateException failed) {
                why = ask(domain, service, chain);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
            why = ask(domain, service, chain); // nobody says which name is meant, so the ordinary check could not look at it
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
            throw new CertificateException("this is for clients");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket) throws CertificateException {
            checkClientTrusted(chain, kind);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine) throws CertificateException {
            checkClientTrusted(chain, kind);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return ordinary.getAcceptedIssuers();
        }
    }

    /** Of the certificates in a file, or of Java's own. */
    static X509ExtendedTrustManager trustManager(String file) throws GeneralSecurityException {
        KeyStore store = null;
        if (file != null) {
            try (InputStream pem = Files.newInputStream(Path.of(file))) {
                store = KeyStore.getInstance("PKCS12");
                store.load(null, null);
                for (var each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                    store.setCertificateEntry("ca" + store.size(), each);
                }
            } catch (IOException failed) {
                throw new GeneralSecurityException(failed);
            }
        }
        var factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    static SSLContext contextOf(TrustManager manager) throws GeneralSecurityException {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {manager}, null);
        return context;
    }

    record Reply(int status, String mediaType, String body) {}

    /** HttpClient follows no redirects and uses no proxy unless it is told to. */
    static Reply post(JsonObject question) throws Exception {
        var base = URI.create(variable("VERIFIER_URL", ""));
        var isLocal = Set.of("127.0.0.1", "[::1]", "localhost").contains(String.valueOf(base.getHost()));
        if (!"https".equals(base.getScheme()) && !("http".equals(base.getScheme()) && isLocal)) {
            throw new IOException("VERIFIER_URL must be https, or http on this machine");
        }
        var client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(contextOf(trustManager(variable("VERIFIER_CA_FILE", null))))
            .build();
        var request = HttpRequest.newBuilder(URI.create(base.toString().replaceAll("/+$", "") + "/v1/verify"))
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(question.toString()));
        if (variable("VERIFIER_KEY_FILE", null) != null) {
            request.header("Authorization", "Bearer " + Files.readString(Path.of(variable("VERIFIER_KEY_FILE", ""))).strip());
        }
        var sent = client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        var reply = sent.thenApplyAsync(Accept::read, work -> {
            var thread = new Thread(work);
            thread.setDaemon(true);
            thread.start();
        });
        try {
            return reply.get(MILLIS, TimeUnit.MILLISECONDS); // of everything, the body too
        } catch (TimeoutException failed) {
            sent.thenAccept(Accept::close);
            sent.cancel(true);
            throw new IOException("the time is over");
        }
    }

    static Reply read(HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            var octets = body.readNBytes(MOST + 1);
            if (octets.length > MOST) {
                throw new IllegalStateException("the answer is too large");
            }
            var type = response.headers().firstValue("Content-Type").orElse("").split(";")[0].strip().toLowerCase(Locale.ROOT);
            return new Reply(response.statusCode(), type, new String(octets, StandardCharsets.UTF_8));
        } catch (IOException failed) {
            throw new IllegalStateException(failed.toString());
        }
    }

    static void close(HttpResponse<InputStream> response) {
        try {
            response.body().close();
        } catch (IOException ignored) {
            // It is given up in any case.
        }
    }

    /** The members of an object, as texts, truth values and maps; none if a member is there twice. */
    static Map<String, Object> parse(String text) {
        try (var reader = new JsonReader(new StringReader(text))) {
            var members = readObject(reader, 0);
            return reader.peek() == JsonToken.END_DOCUMENT ? members : Map.of();
        } catch (IOException | IllegalStateException failed) {
            return Map.of();
        }
    }

    static Map<String, Object> readObject(JsonReader reader, int depth) throws IOException {
        var members = new HashMap<String, Object>();
        reader.beginObject();
        while (reader.hasNext()) {
            var name = reader.nextName();
            var token = reader.peek();
            Object value = token;
            if (token == JsonToken.BOOLEAN) {
                value = reader.nextBoolean();
            } else if (token == JsonToken.STRING) {
                value = reader.nextString();
            } else if (token == JsonToken.BEGIN_OBJECT && depth < 8) {
                value = readObject(reader, depth + 1);
            } else {
                reader.skipValue();
            }
            if (members.putIfAbsent(name, value) != null) {
                throw new IOException("a member is there twice");
            }
        }
        reader.endObject();
        return members;
    }

    /** Returns the message of a yes about exactly this, and throws for everything else. */
    static String ask(String domain, String service, X509Certificate[] chain) throws CertificateException {
        var question = new JsonObject();
        question.addProperty("domain", domain);
        question.addProperty("service", service);
        var certificates = new JsonArray();
        for (var each : chain) {
            certificates.add(Base64.getEncoder().encodeToString(each.getEncoded()));
        }
        question.add("chain", certificates);
        Reply reply;
        String sha256;
        try {
            reply = post(question);
            sha256 = Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(chain[0].getEncoded()));
        } catch (Exception failed) {
            throw new NotAccepted("NoAnswer", failed instanceof ExecutionException ? failed.getCause() : failed);
        }
        var answer = parse(reply.body());
        if (reply.status() != 200 || !reply.mediaType().equals("application/json")) {
            var problem = reply.mediaType().equals("application/problem+json") ? answer : Map.<String, Object>of();
            var instead = "HTTP " + reply.status() + " " + reply.mediaType();
            throw new NotAccepted(problem.getOrDefault("code", "NoAnswer"), problem.getOrDefault("detail", instead));
        }
        if (Boolean.FALSE.equals(answer.get("valid"))) {
            throw new NotAccepted(answer.get("code"), answer.get("message"));
        }
        if (Boolean.TRUE.equals(answer.get("valid")) && "verified".equals(answer.get("verdict"))
            && domain.equals(answer.get("domain")) && service.equals(answer.get("service"))
            && answer.get("certificate") instanceof Map<?, ?> certificate && sha256.equals(certificate.get("sha256"))) {
            return String.valueOf(answer.get("message"));
        }
        throw new NotAccepted("WrongAnswer", "this is no yes about this domain, service and certificate");
    }

    static String printable(String text) {
        var clean = text.replaceAll("[^ -~]", "?");
        return clean.substring(0, Math.min(500, clean.length()));
    }

    static String variable(String name, String instead) {
        var value = System.getenv(name);
        return value == null || value.isEmpty() ? instead : value;
    }

    /** The application: the peer is the one that was meant. It greets, and repeats a line. */
    static void talk(SSLSocket peer) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(peer.getInputStream(), StandardCharsets.UTF_8));
        System.out.println(printable(readLine(lines)));
        peer.getOutputStream().write("hello\n".getBytes(StandardCharsets.UTF_8));
        System.out.println(printable(readLine(lines)));
    }

    static String readLine(BufferedReader reader) throws IOException {
        var line = new StringBuilder();
        for (int each = reader.read(); each != '\n' && each != -1 && line.length() < MOST; each = reader.read()) {
            line.append((char) each);
        }
        return line.toString();
    }

    static void run(String host, int port, String domain, String service) throws Exception {
        try (var connection = new Socket()) {
            connection.connect(new InetSocketAddress(host, port), (int) MILLIS);
            connection.setSoTimeout((int) MILLIS);
            // A protocol with STARTTLS says its words on the connection here.
            var verifier = new Verifier(domain, service);
            var sockets = contextOf(verifier).getSocketFactory();
            var peer = (SSLSocket) sockets.createSocket(connection, domain, port, true); // the domain is SNI, and the name
            var parameters = new SSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
            peer.setSSLParameters(parameters);
            var handshake = CompletableFuture.runAsync(() -> {
                try {
                    peer.startHandshake();
                } catch (IOException failed) {
                    throw new IllegalStateException(failed);
                }
            });
            try {
                handshake.get(3 * MILLIS, TimeUnit.MILLISECONDS); // with the question, which has an end of its own
            } catch (ExecutionException failed) {
                throw (Exception) failed.getCause().getCause();
            }
            System.out.println("accepted: " + printable(verifier.why));
            talk(peer);
        }
    }

    public static void main(String[] arguments) {
        if (arguments.length != 4) {
            System.err.println("usage: Accept HOST PORT DOMAIN SERVICE");
            System.exit(2);
        }
        try {
            run(arguments[0], Integer.parseInt(arguments[1]), arguments[2], arguments[3]);
        } catch (Exception failed) {
            Throwable cause = failed;
            while (cause instanceof SSLException && cause.getCause() != null) {
                cause = cause.getCause();
            }
            var code = cause instanceof NotAccepted ? "" : "PeerFailed: " + cause.getClass().getSimpleName() + ": ";
            System.err.println("not accepted: " + printable(code + cause.getMessage()));
            System.exit(1);
        }
        System.exit(0); // threads that wait for a body that never ends do not count
    }
}
