/**
 * What is answered with 400, and what with 403.
 */
import { askOctets } from "./exchange.ts"
import {
  at,
  changed,
  head,
  hosted,
  ids,
  inState,
  needsAdmin,
  problem,
  type Provocation,
  spoilt
} from "./provocation.ts"
import { anyRequestOf } from "./requests.ts"
import { bearer } from "./world.ts"

export const badRequests: ReadonlyArray<Provocation> = [
  problem("verification.verify", 400, "InvalidRequest", spoilt("verification.verify", { namecheck: "source" })),
  problem("verification.verify", 400, "InvalidSourceDomain", spoilt("verification.verify", { domain: "192.0.2.7" })),
  problem("verification.verify", 400, "UnsupportedService", spoilt("verification.verify", { service: "imap" })),
  problem(
    "verification.verify",
    400,
    "MalformedPresentedCertificate",
    spoilt("verification.verify", { certificate: "MII" })
  ),
  problem("verification.verifyByFingerprint", 400, "InvalidRequest", {
    ...anyRequestOf("verification.verifyByFingerprint"),
    path: "/v1/verify?domain=chat.orchard.example&service=xmpp-server"
  }),
  ...["verification.verifyByFingerprint", "associations.getAssociation", "associations.forgetAssociation"].flatMap((
    id
  ) => [
    problem(id, 400, "InvalidSourceDomain", at(id, hosted, "192.0.2.7")),
    problem(id, 400, "UnsupportedService", at(id, "xmpp-server", "imap"))
  ]),
  problem(
    "verification.verifyBatch",
    400,
    "InvalidRequest",
    spoilt("verification.verifyBatch", { requests: undefined })
  ),
  problem(
    "associations.listAssociations",
    400,
    "InvalidRequest",
    at("associations.listAssociations", "cursor=", "cursor=A")
  ),
  problem("documents.lintDocument", 400, "InvalidRequest", spoilt("documents.lintDocument", { generation: undefined })),
  problem(
    "documents.generateDocument",
    400,
    "InvalidRequest",
    spoilt("documents.generateDocument", { generation: undefined })
  ),
  problem(
    "documents.generateDocument",
    400,
    "MalformedPresentedCertificate",
    spoilt("documents.generateDocument", { certificates: ["MII"] })
  ),
  ...ids.filter((id) => id.startsWith("health."))
    .map((id) => problem(id, 400, "InvalidRequest", (baseUrl) => askOctets(baseUrl, head(id))))
]

/** An operation for servers refuses `refresh` with their key; the others can only be asked by a page of another origin. */
export const forbidden = (id: string): Provocation => {
  if (needsAdmin(id)) return problem(id, 403, "Forbidden", changed(anyRequestOf(id), bearer("verify")))
  const refreshing = id === "verification.verify"
    ? spoilt(id, { refresh: true })
    : at(id, "refresh=false", "refresh=true")
  return refreshing.path + String(refreshing.body) === anyRequestOf(id).path + String(anyRequestOf(id).body)
    ? inState(id, 403, "Forbidden", "open", changed(anyRequestOf(id), { origin: "https://elsewhere.example" }))
    : problem(id, 403, "Forbidden", changed(refreshing, bearer("verify")))
}
