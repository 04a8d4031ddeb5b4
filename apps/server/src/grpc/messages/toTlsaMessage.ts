/**
 * What DNS says, of the contract → message.
 */
import type { MessageInitShape } from "@bufbuild/protobuf"
import type { Tlsa } from "@posh/api"
import type { TlsaSchema } from "@posh/api/grpc"
import { toTimestamp } from "./values.ts"

export const toTlsaMessage = (
  { endpoints, expiresAt, resolvedAt, ...same }: Tlsa
): MessageInitShape<typeof TlsaSchema> => ({
  ...same,
  resolvedAt: toTimestamp(resolvedAt),
  expiresAt: toTimestamp(expiresAt),
  endpoints: endpoints.map(({ records, ...endpoint }) => ({
    ...endpoint,
    records: records.map(({ data, ...record }) => ({ ...record, data: Buffer.from(data, "hex") }))
  }))
})
