/**
 * Maps what DNS says of a service to the contract. Pure.
 */
import type * as Api from "@posh/api"
import type { EndpointReport, RecordCheck, TlsaReport, TlsaState } from "@posh/core"
import { toInstant } from "./instants.ts"

/** `tlsa` of an association. The core has bounded and escaped it. */
export const toTlsa = (report: TlsaReport): Api.Tlsa => ({
  ...toState(report),
  resolvedAt: toInstant(report.resolvedAt),
  expiresAt: toInstant(report.expiresAt),
  endpoints: report.endpoints.map(toEndpoint),
  ...(report.endpointsLeftOut === 0 ? {} : { endpointsLeftOut: report.endpointsLeftOut })
})

const toEndpoint = (endpoint: EndpointReport): Api.TlsaEndpoint => ({
  target: endpoint.target,
  port: endpoint.port,
  ...toState(endpoint),
  ...(endpoint.base === undefined ? {} : { base: endpoint.base }),
  records: endpoint.records.map(toRecord),
  ...(endpoint.recordsLeftOut === 0 ? {} : { recordsLeftOut: endpoint.recordsLeftOut })
})

/** Member by member: those of an endpoint beside it are its own. */
const toState = (one: TlsaState) => {
  switch (one.state) {
    case "records":
      return { state: one.state }
    case "not-applicable":
      return { state: one.state, reason: one.reason }
    case "untrusted":
      return { state: one.state, step: one.step, status: one.status, detail: one.detail }
  }
}

const toRecord = ({ fault, record: { data, matching, selector, usage } }: RecordCheck): Api.TlsaRecord => ({
  usage,
  selector,
  matching,
  data: Buffer.from(data).toString("hex"),
  usable: fault === undefined,
  ...(fault === undefined ? {} : { reason: fault })
})
