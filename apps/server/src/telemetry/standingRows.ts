/**
 * The rows of the catalogue that say how the service stands.
 */
import { weaknessNames } from "../config/weaknesses.ts"
import { certificateFiles } from "../process/ownCertificates.ts"

export const standingRows = {
  posh_weakened: {
    type: "gauge",
    workers: "max",
    unit: "1 or 0",
    help: "1 for each setting or file that weakens the service, as found at the start.",
    advice: "The log at the start says what it is. `POSH_STRICT=true` refuses to start with one.",
    series: weaknessNames.map((by) => ({ by }))
  },
  posh_tls_certificate_not_after_seconds: {
    type: "gauge",
    workers: "min",
    unit: "seconds since 1970",
    help: "End of the certificate that ends first in a file of the service's own; NaN if the file is not configured.",
    advice: "Soon: renew it. A new file is taken without a restart.",
    series: certificateFiles.map((file) => ({ file }))
  }
} as const
