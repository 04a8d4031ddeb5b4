/**
 * TLS to Redis, beyond what `rediss://` does by itself.
 */
import { serverName } from "../../redis/parsers.ts"
import { optional, text } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const redisTls = {
  redisCaFile: variable("POSH_REDIS_CA_FILE", {
    fallback: "",
    values: "a path",
    meaning: "PEM file with the certificate authorities of Redis.",
    consequence:
      "For TLS to Redis they replace the roots of Node.js, and are trusted for nothing else. Reloaded when it " +
      "changes. Requires `rediss://`.",
    parse: optional(text)
  }),
  redisCertFile: variable("POSH_REDIS_CERT_FILE", {
    fallback: "",
    values: "a path",
    meaning:
      "PEM file with the certificate that the service shows to Redis (mutual TLS), and the intermediate certificates.",
    consequence: "Requires the file below, and `rediss://`. Reloaded when it changes: the service connects anew.",
    parse: optional(text)
  }),
  redisKeyFile: variable("POSH_REDIS_KEY_FILE", {
    fallback: "",
    values: "a path",
    meaning: "PEM file with the private key of that certificate, without a passphrase.",
    consequence: "Only the service should be able to read it. Reloaded when it changes.",
    parse: optional(text)
  }),
  redisServerName: variable("POSH_REDIS_SERVER_NAME", {
    fallback: "",
    values: "a host name",
    meaning: "Name in the certificate of Redis, for all servers, nodes and sentinels.",
    consequence:
      "Sent as server name (SNI), and the certificate must have it. Unset, it is the host of the URL, or that of the " +
      "node; no name is sent for an IP address. Requires `rediss://`.",
    parse: optional(serverName)
  })
} as const
