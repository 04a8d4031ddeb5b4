/**
 * The rows of the catalogue that are about requests to other servers.
 */
import { fetchPhases, issuerCodes, outboundCodes } from "./labels.ts"
import type { Row } from "./Row.ts"

const unlabelled: Row["series"] = [{}]

// No request takes longer than an attempt (POSH-RES-91).
export const networkBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12]

export const outboundRows = {
  posh_outbound_requests_total: {
    type: "counter",
    unit: "requests",
    help: "Requests to origins, by code; Answered for any HTTP status.",
    advice:
      "`TlsCertificateUntrusted` for all: `POSH_EXTRA_CA_FILE` or the roots of Node.js are out of date. `PinMismatch`: a host has " +
      "changed its keys, or is impersonated; ask its operator, then change `POSH_PINS_FILE`.",
    series: outboundCodes.map((code) => ({ code }))
  },
  posh_outbound_request_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "Duration of a request to an origin, successful or not.",
    advice: "Break it down with `posh_outbound_phase_seconds`.",
    series: unlabelled,
    buckets: networkBuckets
  },
  posh_outbound_phase_seconds: {
    type: "histogram",
    unit: "seconds",
    help:
      "Duration of each successful phase of a request to an origin; exchange is from the request to the whole answer.",
    advice: "Slow `dns`: check your name servers, or set `POSH_DNS_SERVERS`.",
    series: fetchPhases.map((phase) => ({ phase })),
    buckets: networkBuckets
  },
  posh_issuer_requests_total: {
    type: "counter",
    unit: "requests",
    help:
      "Requests for certificates that chains lack (`POSH_PKIX_FETCH_INTERMEDIATES`), by code; Answered for any HTTP status.",
    advice:
      "Few `Answered`: what reaches the service are made-up certificates, or port 80 is closed on the way out. Many: ask the operators of " +
      "these servers to send their intermediates.",
    series: issuerCodes.map((code) => ({ code }))
  }
} as const
