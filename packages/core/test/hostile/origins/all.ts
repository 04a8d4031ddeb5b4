/** Web servers that mean harm, and the code that answers each. */
import { hostileCertificates } from "./certificates.ts"
import { hostileContents } from "./contents.ts"
import type { HostileOrigin } from "./kinds.ts"
import { hostileTransports } from "./transports.ts"

export const hostileOrigins: ReadonlyArray<HostileOrigin> = [
  ...hostileTransports,
  ...hostileContents,
  ...hostileCertificates()
]
