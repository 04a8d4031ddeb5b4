/**
 * How each problem of each operation comes about, and what cannot.
 */
import { badRequests, forbidden } from "./badRequests.ts"
import { type Asked, askOctets } from "./exchange.ts"
import {
  changed,
  guarded,
  head,
  hosted,
  ids,
  inState,
  problem,
  type Provocation,
  withBody,
  withoutKey
} from "./provocation.ts"
import { anyRequestOf } from "./requests.ts"

const lintOfDomain: Asked = {
  ...anyRequestOf("documents.lintDocument"),
  body: JSON.stringify({ domain: hosted, service: "xmpp-server" })
}

const rated = [
  "verification.verify",
  "verification.verifyByFingerprint",
  "associations.getAssociation",
  "documents.lintDocument"
]

export const refusals: ReadonlyArray<Provocation> = [
  ...badRequests,
  ...guarded.map((id) => problem(id, 401, "Unauthorized", withoutKey(anyRequestOf(id)))),
  ...guarded.map(forbidden),
  inState("health.metrics", 404, "NotFound", "open"),
  ...ids.map((id) =>
    problem(id, 408, "InvalidRequest", (baseUrl) => askOctets(baseUrl, head(id, "Host: posh").slice(0, -2)))
  ),
  ...withBody.map((id) =>
    problem(id, 413, "PayloadTooLarge", changed(anyRequestOf(id), { "content-length": String(33 << 20) }))
  ),
  ...withBody.map((id) =>
    problem(id, 415, "UnsupportedRequestMediaType", changed(anyRequestOf(id), { "content-type": "text/plain" }))
  ),
  ...ids.map((id) => problem(id, 417, "InvalidRequest", changed(anyRequestOf(id), { expect: "a miracle" }))),
  ...rated.map((id) => inState(id, 429, "TooManyRequests", "rated")),
  ...ids.map((id) =>
    problem(
      id,
      431,
      "InvalidRequest",
      (baseUrl) => askOctets(baseUrl, head(id, "Host: posh", `X: ${"a".repeat(20_000)}`))
    )
  ),
  ...guarded.filter((id) => id !== "verification.verifyBatch").map((id) =>
    inState(id, 500, "InternalError", "faulty", id === "documents.lintDocument" ? lintOfDomain : anyRequestOf(id))
  ),
  ...guarded.map((id) => inState(id, 503, "Overloaded", "full")),
  ...ids.filter((id) => !guarded.includes(id)).map((id) =>
    problem(id, 503, "Overloaded", (baseUrl) => askOctets(baseUrl, head(id, "Host: posh").repeat(40)))
  )
]

const limitless = "no limit on questions applies to it; declared, so that clients are ready for one"
const plain = "a few lines that cannot fail; declared, because it is what a fault of the service is answered with"

/** What is declared and does not come about over HTTP, with the reason. */
export const unprovoked: Readonly<Record<string, string>> = {
  "verification.verifyBatch 500": "a defect of a question is a problem of its own, in an answer with 200",
  "verification.verifyBatch 429": "each question over the rate is a problem of its own, in an answer with 200",
  "associations.forgetAssociation 429": limitless,
  "associations.listAssociations 429": limitless,
  "documents.generateDocument 429": limitless,
  "health.live 500": plain,
  "health.ready 500": plain,
  "health.metrics 500": plain
}
