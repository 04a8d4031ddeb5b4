// Connects with TLS, and accepts a certificate of another name only because the POSH service says so.
//
// Accept HOST PORT DOMAIN SERVICE; VERIFIER_URL, VERIFIER_CA_FILE, VERIFIER_KEY_FILE, VERIFIER_TIMEOUT
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Serialization.Json;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using System.Xml;
using System.Xml.Linq;

/// <summary>Code and message.</summary>
sealed class NotAccepted : Exception
{
    public NotAccepted(string code, string message) : base(code + ": " + message) { }
}

static class Accept
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(
        double.Parse(Variable("VERIFIER_TIMEOUT") ?? "10", CultureInfo.InvariantCulture));
    const int Most = 65536; // octets of an answer, or of a line

    static int Main(string[] arguments)
    {
        if (arguments.Length != 4)
        {
            Console.Error.WriteLine("usage: Accept HOST PORT DOMAIN SERVICE");
            return 2;
        }
        try
        {
            Run(arguments[0], int.Parse(arguments[1]), arguments[2], arguments[3]).Wait();
            return 0;
        }
        catch (Exception failed)
        {
            var cause = failed.GetBaseException();
            var code = cause is NotAccepted ? "" : "PeerFailed: " + cause.GetType().Name + ": ";
            Console.Error.WriteLine("not accepted: " + Printable(code + cause.Message));
            return 1;
        }
    }

    static async Task Run(string host, int port, string domain, string service)
    {
        byte[][] presented = null;
        using (var connection = new TcpClient())
        {
            await Within(connection.ConnectAsync(host, port));
            // A protocol with STARTTLS says its words on the connection here.
            var peer = new SslStream(connection.GetStream(), false, (_, leaf, chain, errors) =>
            {
                presented = Presented(leaf, chain);
                return true; // that is decided below, before a word is said
            });
            await Within(peer.AuthenticateAsClientAsync(domain, null, SslProtocols.Tls12, false));
            Console.WriteLine("accepted: " + Printable(await Ask(domain, service, presented)));
            await Within(Talk(peer));
        }
    }

    /// <summary>In DER, the leaf first. The chain is what was built, of presented certificates and of trusted ones.</summary>
    static byte[][] Presented(X509Certificate leaf, X509Chain chain)
    {
        var built = chain == null ? new List<byte[]>() : chain.ChainElements.Cast<X509ChainElement>()
            .Select(each => each.Certificate.RawData).ToList();
        var first = leaf.GetRawCertData();
        return new[] { first }.Concat(built.Where(each => !each.SequenceEqual(first))).ToArray();
    }

    /// <summary>Returns the message of a yes about exactly this, and throws for everything else.</summary>
    static async Task<string> Ask(string domain, string service, byte[][] chain)
    {
        var certificates = string.Join(",", chain.Select(each => Quoted(Convert.ToBase64String(each))));
        var question = "{\"domain\":" + Quoted(domain) + ",\"service\":" + Quoted(service) + ",\"chain\":[" + certificates
            + "],\"prooftypes\":[\"pkix\",\"posh\"]}";
        HttpResponseMessage response;
        string body;
        try
        {
            using (var ends = new CancellationTokenSource(Patience))
            {
                var exchange = Post(question, ends.Token);
                await Within(exchange);
                response = exchange.Result.Item1;
                body = exchange.Result.Item2;
            }
        }
        catch (Exception failed)
        {
            var cause = failed.GetBaseException();
            throw new NotAccepted("NoAnswer", cause.GetType().Name + ": " + cause.Message);
        }
        var type = response.Content.Headers.ContentType;
        var mediaType = type == null ? "" : (type.MediaType ?? "").ToLowerInvariant();
        if ((int)response.StatusCode != 200 || mediaType != "application/json")
        {
            var problem = mediaType == "application/problem+json" ? Parse(body) : null;
            throw new NotAccepted(Text(problem, "code") ?? "NoAnswer",
                Text(problem, "detail") ?? "HTTP " + (int)response.StatusCode + " " + mediaType);
        }
        var answer = Parse(body);
        if (Member(answer, "valid", "boolean") == "false")
        {
            throw new NotAccepted(Text(answer, "code"), Text(answer, "message"));
        }
        string sha256;
        using (var hash = SHA256.Create()) sha256 = Convert.ToBase64String(hash.ComputeHash(chain[0]));
        var certificate = answer == null ? null : answer.Element("certificate");
        if (Member(answer, "valid", "boolean") == "true" && Text(answer, "verdict") == "verified"
            && Text(answer, "domain") == domain && Text(answer, "service") == service
            && Text(certificate, "sha256") == sha256)
        {
            return Text(answer, "message");
        }
        throw new NotAccepted("WrongAnswer", "this is no yes about this domain, service and certificate");
    }

    static async Task<Tuple<HttpResponseMessage, string>> Post(string question, CancellationToken ends)
    {
        var url = new Uri(Variable("VERIFIER_URL"));
        if (url.Scheme != "https" && !(url.Scheme == "http" && url.IsLoopback))
        {
            throw new IOException("VERIFIER_URL must be https, or http on this machine");
        }
        var handler = new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
        if (Variable("VERIFIER_CA_FILE") != null)
        {
            // The store of the machine decides what is trusted, and must have this CA; no other one counts for the service.
            var ca = new X509Certificate2(Variable("VERIFIER_CA_FILE")).RawData;
            handler.ServerCertificateCustomValidationCallback = (_, leaf, chain, errors) => errors == SslPolicyErrors.None
                && chain.ChainElements[chain.ChainElements.Count - 1].Certificate.RawData.SequenceEqual(ca);
        }
        using (var client = new HttpClient(handler))
        using (var request = new HttpRequestMessage(HttpMethod.Post, url.ToString().TrimEnd('/') + "/v1/verify"))
        {
            request.Content = new StringContent(question, Encoding.UTF8, "application/json");
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            if (Variable("VERIFIER_KEY_FILE") != null)
            {
                var key = File.ReadAllText(Variable("VERIFIER_KEY_FILE")).Trim();
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            }
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ends);
            var body = new MemoryStream();
            var part = new byte[4096];
            using (var stream = await response.Content.ReadAsStreamAsync())
            {
                for (int count; (count = await stream.ReadAsync(part, 0, part.Length, ends)) > 0;)
                {
                    body.Write(part, 0, count);
                    if (body.Length > Most) throw new IOException("the answer is too large");
                }
            }
            return Tuple.Create(response, new UTF8Encoding(false, true).GetString(body.ToArray()));
        }
    }

    /// <summary>An object as XML: members are elements, and their attribute `type` says what they are in JSON.</summary>
    static XElement Parse(string text)
    {
        try
        {
            // Mono's reader takes an object that is cut.
            var outside = Regex.Replace(text, @"""(?:[^""\\]|\\.)*""", "");
            if (outside.Count(each => each == '{') != outside.Count(each => each == '}')) return null;
            var quotas = new XmlDictionaryReaderQuotas { MaxDepth = 32 };
            using (var reader = JsonReaderWriterFactory.CreateJsonReader(Encoding.UTF8.GetBytes(text), quotas))
            {
                var root = XElement.Load(reader);
                return (string)root.Attribute("type") == "object" ? root : null;
            }
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>The value of the member, if it has this type and is not there twice.</summary>
    static string Member(XElement parent, string name, string type)
    {
        var found = parent == null ? new List<XElement>() : parent.Elements().Where(each => NameOf(each) == name).ToList();
        return found.Count == 1 && (string)found[0].Attribute("type") == type ? found[0].Value : null;
    }

    static string Text(XElement parent, string name)
    {
        return Member(parent, name, "string");
    }

    /// <summary>A name that is none in XML is in an attribute.</summary>
    static string NameOf(XElement member)
    {
        return (string)member.Attribute("item") ?? member.Name.LocalName;
    }

    static string Quoted(string text)
    {
        return "\"" + string.Concat(text.Select(each => char.IsLetterOrDigit(each) && each < 128
            ? each.ToString() : "\\u" + ((int)each).ToString("x4"))) + "\"";
    }

    /// <summary>What ends too late is given up: time-outs of sockets and streams do not hold for all that .NET does.</summary>
    static async Task Within(Task work)
    {
        if (await Task.WhenAny(work, Task.Delay(Patience)) != work) throw new TimeoutException("the time is over");
        await work;
    }

    /// <summary>The application: the peer is the one that was meant. It greets, and repeats a line.</summary>
    static async Task Talk(Stream peer)
    {
        Console.WriteLine(Printable(await ReadLine(peer)));
        await peer.WriteAsync(Encoding.ASCII.GetBytes("hello\n"), 0, 6);
        Console.WriteLine(Printable(await ReadLine(peer)));
    }

    static async Task<string> ReadLine(Stream peer)
    {
        var line = new List<byte>();
        var octet = new byte[1];
        while (line.Count < Most && await peer.ReadAsync(octet, 0, 1) == 1 && octet[0] != '\n') line.Add(octet[0]);
        return Encoding.UTF8.GetString(line.ToArray());
    }

    static string Printable(string text)
    {
        var clean = Regex.Replace(text ?? "", "[^ -~]", "?");
        return clean.Substring(0, Math.Min(500, clean.Length));
    }

    static string Variable(string name)
    {
        var value = Environment.GetEnvironmentVariable(name);
        return string.IsNullOrEmpty(value) ? null : value;
    }
}
