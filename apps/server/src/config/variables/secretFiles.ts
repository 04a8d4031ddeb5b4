/**
 * Files with secrets, in place of the secrets in the environment: mounts of orchestrators, credentials of systemd.
 */
import { optional, text } from "../parsers.ts"
import { variable } from "../Variable.ts"

const secretFile = <
  Name extends
    | "POSH_REDIS_URL"
    | "POSH_CACHE_SECRET"
    | "POSH_EGRESS_PROXY"
    | "POSH_DECISION_LOG_KEY"
    | "OTEL_EXPORTER_OTLP_HEADERS"
>(name: Name, consequence: string) =>
  variable(`${name}_FILE`, {
    fallback: "",
    values: "a path",
    meaning: `File with the value of \`${name}\`, on one line. Both set stop the start.`,
    consequence:
      `Reloaded when it changes, and on SIGHUP: ${consequence} If the new content is invalid, the value stays as ` +
      "it was, and the log says what is wrong.",
    parse: optional(text)
  })

export const secretFiles = {
  redisUrlFile: secretFile(
    "POSH_REDIS_URL",
    "the service connects anew with the new user and password; other servers take a restart."
  ),
  cacheSecretFile: secretFile("POSH_CACHE_SECRET", "entries are encrypted with the new first secret from then on."),
  egressProxyFile: secretFile("POSH_EGRESS_PROXY", "later requests to origins use the new proxy or password."),
  decisionLogKeyFile: secretFile("POSH_DECISION_LOG_KEY", "later records have hashes of the new key."),
  otlpHeadersFile: secretFile("OTEL_EXPORTER_OTLP_HEADERS", "later batches carry the new headers.")
} as const
