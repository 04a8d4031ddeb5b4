/**
 * Who may reach the service, and how.
 */
import { parseKeys } from "../../access/Key.ts"
import { duration, listenAddress, oneOf, optional, text, wholeNumber } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const listener = {
  host: variable("POSH_HOST", {
    fallback: "127.0.0.1",
    values: "an IP address, or `localhost`",
    meaning: "Address of the HTTP listener.",
    consequence:
      "Anything but a loopback address makes the service reachable for others, and needs keys, or TLS with a client CA, " +
      "or `POSH_AUTH=none`.",
    parse: listenAddress
  }),
  port: variable("POSH_PORT", {
    fallback: "8080",
    values: "0 to 65535",
    meaning: "Port of the HTTP listener.",
    consequence: "0 picks a free port; the line printed at start names it.",
    parse: wholeNumber(0, 65_535)
  }),
  drainDelay: variable("POSH_DRAIN_DELAY", {
    fallback: "0s",
    values: "a duration from `0` to `5m`",
    meaning: "How long the service still answers after it was told to stop, while `/health/ready` says `stopping`.",
    consequence: "Behind a load balancer: longer than it takes to notice, or a restart loses requests.",
    parse: duration("0", "5m")
  }),
  tlsCertFile: variable("POSH_TLS_CERT_FILE", {
    fallback: "",
    values: "a path",
    meaning: "PEM file with the certificate of the listener, and those between it and the root.",
    consequence:
      "Serves HTTPS (TLS 1.2 or later) and nothing else. Needs `POSH_TLS_KEY_FILE`. Read again when it changes.",
    parse: optional(text)
  }),
  tlsKeyFile: variable("POSH_TLS_KEY_FILE", {
    fallback: "",
    values: "a path",
    meaning: "PEM file with the private key of that certificate, without a passphrase.",
    consequence: "Let nobody but the service read it. Read again when it changes.",
    parse: optional(text)
  }),
  tlsClientCaFile: variable("POSH_TLS_CLIENT_CA_FILE", {
    fallback: "",
    values: "a path",
    meaning: "PEM file with the CA certificates of callers (mutual TLS). Needs the two above.",
    consequence:
      "Who has no certificate of theirs is not let in, probes included. Who has one may ask, with the scope " +
      "`verify`; more takes a key. Read again when it changes.",
    parse: optional(text)
  }),
  apiKeys: variable("POSH_API_KEYS", {
    fallback: "",
    values: "entries `name:scope:sha256`, comma-separated; with the file below 1,000 at the most",
    meaning:
      "Keys of callers, as `npm run keys:new` makes them. The scope is `verify` or `admin`, which includes it. The hash is " +
      "that of any text of 16 to 256 visible ASCII characters.",
    consequence: "Everything but health, metrics and the docs needs a key.",
    parse: optional(parseKeys)
  }),
  apiKeysFile: variable("POSH_API_KEYS_FILE", {
    fallback: "",
    values: "a path",
    meaning: "File with such entries, one a line; lines that begin with `#` are comments.",
    consequence:
      "As `POSH_API_KEYS`; both together are allowed. Read again when it changes, and on SIGHUP. A file that " +
      "cannot be used then changes nothing, and the log says what is wrong.",
    parse: optional(text)
  }),
  auth: variable("POSH_AUTH", {
    fallback: "",
    values: "`none`, or unset",
    meaning: "`none` opens the service on any address, and by any name, to everybody.",
    consequence:
      "Everybody who reaches the listener may ask, refresh and forget. Say so only behind a guard. Unset, and without " +
      "keys or a client CA, only requests to `localhost`, `127.0.0.0/8` and `[::1]` are answered. Pages of other origins " +
      "are refused either way. With keys or a client CA it stops the start.",
    parse: optional(oneOf(["none"]))
  })
} as const
