/**
 * Who may reach the service, and how.
 */
import { duration, listenAddress, oneOf, optional, unsupported, wholeNumber } from "../parsers.ts"
import { variable } from "../Variable.ts"

const notSupported = "keys are not supported yet; unset it, and keep the service on a loopback address"

export const listener = {
  host: variable("POSH_HOST", {
    fallback: "127.0.0.1",
    values: "an IP address, or `localhost`",
    meaning: "Address of the HTTP listener.",
    consequence: "Anything but a loopback address makes the service reachable for others, and needs `POSH_AUTH=none`.",
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
  auth: variable("POSH_AUTH", {
    fallback: "",
    values: "`none`, or unset",
    meaning: "Whether callers must show a key.",
    consequence: "`none`: everybody who reaches the listener may ask, refresh and forget. Say so only behind a guard.",
    parse: optional(oneOf(["none"]))
  }),
  apiKeys: variable("POSH_API_KEYS", {
    fallback: "",
    values: "must be unset",
    meaning: "Reserved for the keys of callers.",
    consequence: "Set, it stops the start: keys are not supported yet, and an open service must not look closed.",
    parse: unsupported(notSupported)
  }),
  apiKeysFile: variable("POSH_API_KEYS_FILE", {
    fallback: "",
    values: "must be unset",
    meaning: "Reserved for a file with the keys of callers.",
    consequence: "As `POSH_API_KEYS`.",
    parse: unsupported(notSupported)
  })
} as const
