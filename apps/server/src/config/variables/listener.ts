/**
 * The listener: address, TLS, authentication of callers.
 */
import { parseNetworks } from "@posh/core/node"
import { Result } from "effect"
import { availableParallelism } from "node:os"
import { parseKeys } from "../../access/Key.ts"
import { boolean, duration, listenAddress, optional, orWord, text, wholeNumber } from "../parsers.ts"
import { variable } from "../Variable.ts"

/** With more, a site would see more requests at once than it may: each worker sends one at least (POSH-SEC-12). */
const mostWorkers = 16

/** Minds the affinity of the process, and the CPU limit of its container. */
const coresInUse = (): number => Math.min(availableParallelism(), mostWorkers)

export const listener = {
  host: variable("POSH_HOST", {
    fallback: "127.0.0.1",
    values: "an IP address, or `localhost`",
    meaning: "Address of the HTTP listener.",
    consequence:
      "Any address other than a loopback address makes the service reachable from other machines, and requires keys, " +
      "or TLS with a client CA, or `POSH_AUTH=none`.",
    parse: listenAddress
  }),
  port: variable("POSH_PORT", {
    fallback: "8080",
    values: "0 to 65535",
    meaning: "Port of the HTTP listener.",
    consequence: "0 selects a free port; the line printed at start names it.",
    parse: wholeNumber(0, 65_535)
  }),
  grpcPort: variable("POSH_GRPC_PORT", {
    fallback: "auto",
    values: "0 to 65535, `auto` or `off`",
    meaning: "Port of the listener for gRPC, gRPC-Web and Connect, on `POSH_HOST`: HTTP/2, with TLS where HTTP has it.",
    consequence:
      "`auto`: 8081, or none with a warning if something else has that port. `off`: none. Keys, client certificates and limits are " +
      "those of HTTP. 0 selects a free port; a line printed at start names it. If a port that is given is taken, the service does not start.",
    parse: orWord("off", undefined, orWord("auto", "auto" as const, wholeNumber(0, 65_535)))
  }),
  workers: variable("POSH_WORKERS", {
    fallback: "1",
    values: `\`auto\`, or 1 to ${mostWorkers}`,
    meaning:
      "Processes that serve the listener together; `auto`: one for each core that the service may use, at most 16.",
    consequence:
      "More than one requires `POSH_REDIS_URL`: workers share what replicas share. One more process starts them, and starts " +
      "one that died again. Each worker has a memory cache of its own, and needs as much memory as a service of one process.",
    parse: orWord("auto", coresInUse(), wholeNumber(1, mostWorkers))
  }),
  workerTimeout: variable("POSH_WORKER_TIMEOUT", {
    fallback: "30s",
    values: "a duration from `1s` to `10m`",
    meaning: "After how long a worker that does not respond is killed and replaced.",
    consequence:
      "Requests in progress in it are lost, as they would be if it hung for ever. `/health/ready` says `degraded` after a third " +
      "of it. Has no effect without `POSH_WORKERS`.",
    parse: duration("1s", "10m")
  }),
  opsPort: variable("POSH_OPS_PORT", {
    fallback: "",
    values: "0 to 65535, or unset",
    meaning:
      "Port of a second listener, for health and metrics alone: plain HTTP, without keys and without client certificates.",
    consequence:
      "Probes and Prometheus get in where the main listener asks for certificates or keys, and `/metrics` of the main listener " +
      "is 404 then; its `/health/live` and `/health/ready` stay. Unset, the main listener serves all three. 0 selects a free port; " +
      "a line printed at start names it.",
    parse: optional(wholeNumber(0, 65_535))
  }),
  opsHost: variable("POSH_OPS_HOST", {
    fallback: "",
    values: "an IP address, or `localhost`; unset: `127.0.0.1`",
    meaning: "Address of that listener.",
    consequence:
      "Everybody who reaches it reads the metrics, so keep it to the network of your probes and of Prometheus. On a loopback " +
      "address it answers only to names of this machine (`localhost`, `127.0.0.0/8`, `[::1]`) unless `POSH_AUTH=none`. Has no " +
      "effect without `POSH_OPS_PORT`, and stops the start then.",
    parse: optional(listenAddress)
  }),
  keepAlive: variable("POSH_KEEP_ALIVE", {
    fallback: "65s",
    values: "a duration from `1s` to `1h`",
    meaning: "How long a connection is kept after an answer while no request arrives.",
    consequence:
      "Set it longer than a load balancer in front keeps its connections (60 s to 10 minutes, by product): otherwise the balancer " +
      "now and then sends a request on a connection that was just closed.",
    parse: duration("1s", "1h")
  }),
  trustedProxies: variable("POSH_TRUSTED_PROXIES", {
    fallback: "",
    values: "CIDR blocks, comma-separated",
    meaning:
      "Networks of proxies in front of the service. Their `Forwarded` (RFC 7239) and `X-Forwarded-For` name the client: the " +
      "rightmost address that is in none of these networks.",
    consequence:
      "Limits of callers without keys, and the log, then see the client instead of the proxy. The fields of anybody else are " +
      "not read. Every machine in these networks can name any client, so list the proxies alone.",
    parse: (value) => Result.mapError(parseNetworks(value), ({ detail }) => detail)
  }),
  proxyProtocol: variable("POSH_PROXY_PROTOCOL", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Whether connections from `POSH_TRUSTED_PROXIES` begin with the header of the PROXY protocol, version 2.",
    consequence:
      "A connection from these networks without the header, or with version 1, is closed. Connections from elsewhere must not " +
      "have it. Without `POSH_TRUSTED_PROXIES` it stops the start.",
    parse: boolean
  }),
  drainDelay: variable("POSH_DRAIN_DELAY", {
    fallback: "0s",
    values: "a duration from `0` to `5m`",
    meaning: "How long the service still answers after the stop signal, while `/health/ready` says `stopping`.",
    consequence:
      "Behind a load balancer, set it longer than the balancer takes to notice; otherwise a restart loses requests.",
    parse: duration("0", "5m")
  }),
  tlsCertFile: variable("POSH_TLS_CERT_FILE", {
    fallback: "",
    values: "a path",
    meaning: "PEM file with the certificate of the listener, and the intermediate certificates.",
    consequence:
      "The listener then serves only HTTPS (TLS 1.2 or later). Requires `POSH_TLS_KEY_FILE`. Reloaded when it changes.",
    parse: optional(text)
  }),
  tlsKeyFile: variable("POSH_TLS_KEY_FILE", {
    fallback: "",
    values: "a path",
    meaning: "PEM file with the private key of that certificate, without a passphrase.",
    consequence: "Only the service should be able to read it. Reloaded when it changes.",
    parse: optional(text)
  }),
  tlsClientCaFile: variable("POSH_TLS_CLIENT_CA_FILE", {
    fallback: "",
    values: "a path",
    meaning: "PEM file with the CA certificates of callers (mutual TLS). Requires the two above.",
    consequence:
      "A caller without a certificate from one of these CAs cannot connect, probes included; `POSH_OPS_PORT` is for them. A caller " +
      "with one has the scope `verify`; `admin` requires a key. Reloaded when it changes.",
    parse: optional(text)
  }),
  apiKeys: variable("POSH_API_KEYS", {
    fallback: "",
    values: "entries `name:scope:sha256`, comma-separated; with the file below 1,000 at the most",
    meaning:
      "Keys of callers, as `npm run keys:new` makes them. The scope is `verify` or `admin`, which includes it. The hash is " +
      "that of any text of 16 to 256 visible ASCII characters.",
    consequence: "All routes except health, metrics and the docs require a key.",
    parse: optional(parseKeys)
  }),
  apiKeysFile: variable("POSH_API_KEYS_FILE", {
    fallback: "",
    values: "a path",
    meaning: "File with such entries, one a line; lines that begin with `#` are comments.",
    consequence:
      "As `POSH_API_KEYS`; both together are allowed. Reloaded when it changes, and on SIGHUP. If the new content " +
      "is invalid, the keys stay as they were, and the log says what is wrong.",
    parse: optional(text)
  }),
  strict: variable("POSH_STRICT", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Whether the service refuses to start if a setting, or the mode of a file, weakens it.",
    consequence: "`true`: the start stops, and names each. `false`: it warns of each.",
    parse: boolean
  }),
  auth: variable("POSH_AUTH", {
    fallback: "",
    values: "`none`, or unset",
    meaning: "`none` disables authentication, on any address and for any `Host`.",
    consequence:
      "Every caller that reaches the listener may verify, refresh and purge. Use it only behind a protection of your own. Unset, " +
      "and without keys or a client CA, only requests to `localhost`, `127.0.0.0/8` and `[::1]` are answered. Pages of other " +
      "origins are rejected either way. `none` together with keys or a client CA stops the start.",
    parse: (text) =>
      text === "" || text === "none" ? Result.succeed(text === "none" ? "none" : undefined) : Result.fail(
        "must be none, which lets everybody who reaches the service ask, or unset, which asks for keys or client certificates " +
          "on every address but a loopback address"
      )
  })
} as const
