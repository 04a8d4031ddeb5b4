import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.VerificationApi;
import org.openapitools.client.model.Answer;
import org.openapitools.client.model.Question;

/** Asks whether a domain vouches for a certificate, with the client that was generated as org.openapitools.client. */
public final class Ask {
  static Answer isVouchedFor(URI url, String key, String domain, String certificate) throws ApiException {
    ApiClient client = new ApiClient();
    client.setScheme(url.getScheme()).setHost(url.getHost()).setPort(url.getPort()).setBasePath("");
    client.setReadTimeout(Duration.ofSeconds(15));
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
    Question question = new Question().domain(domain).service("xmpp-server").certificate(certificate);
    return new VerificationApi(client)
        .verificationVerify(question, null, null, null, null, null, null, null, null, null, null, null, null);
  }

  public static void main(String[] args) throws Exception {
    String certificate = Files.readString(Path.of(args[2]));
    String key = System.getenv().getOrDefault("KEY", "");
    try {
      Answer answer = isVouchedFor(URI.create(args[0]), key, args[1], certificate);
      System.out.println(answer.getCode().getValue());
      System.exit(answer.getValid() ? 0 : 1);
    } catch (ApiException problem) {
      System.err.println("no verdict: " + problem.getCode());
      System.exit(1);
    }
  }
}
