/**
 * How each status of each operation comes about, as a table.
 */
import { certificateMediaTypes, problemMediaType } from "@posh/api"
import { Effect } from "effect"
import { routes } from "./document.ts"
import { ask, type Asked, askOctets, type Reply } from "./exchange.ts"
import { anyRequestOf, requestOf } from "./requests.ts"
import { askIn, type ServiceState } from "./services.ts"
import { bearer } from "./world.ts"

export interface Provocation {
  readonly id: string
  readonly status: number
  readonly mediaType: string | undefined
  /** Of the example in the document; `undefined` where a body is none. */
  readonly example: string | undefined
  /** `baseUrl` is that of the process. */
  readonly provoke: (baseUrl: string) => Effect.Effect<Reply>
}

const ids = [...routes.keys()]
const guarded = ids.filter((id) => routes.get(id)!.operation.security.length > 0)
const withBody = ids.filter((id) => routes.get(id)!.operation.requestBody !== undefined)
const needsAdmin = (id: string): boolean =>
  routes.get(id)!.operation.security.some(({ bearer }) => bearer?.includes("admin"))

const changed = (asked: Asked, headers: Readonly<Record<string, string>>): Asked => ({
  ...asked,
  headers: { ...asked.headers, ...headers }
})

const withoutKey = ({ headers: { authorization: _key, ...headers } = {}, ...asked }: Asked): Asked => ({
  ...asked,
  headers
})

const problem = (
  id: string,
  status: number,
  example: string,
  asked: Asked | ((baseUrl: string) => Effect.Effect<Reply>)
): Provocation => ({
  id,
  status,
  example,
  mediaType: problemMediaType,
  provoke: typeof asked === "function" ? asked : (baseUrl) => ask(baseUrl, asked)
})

const inState = (id: string, status: number, example: string, state: ServiceState, asked = anyRequestOf(id)) =>
  problem(id, status, example, () => askIn(state, anyRequestOf("verification.verify"), asked))

const head = (id: string, ...fields: ReadonlyArray<string>): string => {
  const { method, path } = anyRequestOf(id)
  return `${[`${method} ${path} HTTP/1.1`, ...fields].join("\r\n")}\r\n\r\n`
}

/** The request with these members of its body changed; a member that is `undefined` is left out. */
const spoilt = (id: string, members: object): Asked => {
  const asked = anyRequestOf(id)
  return { ...asked, body: JSON.stringify({ ...JSON.parse(String(asked.body)), ...members }) }
}

const at = (id: string, from: string, to: string): Asked => {
  const asked = anyRequestOf(id)
  return { ...asked, path: asked.path.replace(from, to) }
}

const hosted = "chat.orchard.example"

const badRequests: ReadonlyArray<Provocation> = [
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
const forbidden = (id: string): Provocation => {
  if (needsAdmin(id)) return problem(id, 403, "Forbidden", changed(anyRequestOf(id), bearer("verify")))
  const refreshing = id === "verification.verify"
    ? spoilt(id, { refresh: true })
    : at(id, "refresh=false", "refresh=true")
  return refreshing.path + String(refreshing.body) === anyRequestOf(id).path + String(anyRequestOf(id).body)
    ? inState(id, 403, "Forbidden", "open", changed(anyRequestOf(id), { origin: "https://elsewhere.example" }))
    : problem(id, 403, "Forbidden", changed(refreshing, bearer("verify")))
}

const success = (id: string, status: number, mediaType: string, example: string, asked: Asked): Provocation => ({
  id,
  status,
  mediaType,
  example,
  provoke: (baseUrl) => ask(baseUrl, asked)
})

/** Each example of a body with what answers it, and each request that is parameters alone; in this order, because
 * the later ones rely on what the earlier ones have put into the cache. */
export const successes: ReadonlyArray<Provocation> = [
  ...withBody.flatMap((id) =>
    Object.entries(routes.get(id)!.operation.requestBody!.content).flatMap(([mediaType, { examples = {} }]) =>
      Object.keys(examples).map((name) =>
        success(
          id,
          200,
          "application/json",
          name,
          requestOf(id, {
            body: [mediaType, name],
            parameters: certificateMediaTypes.some((type) => type === mediaType)
          })
        )
      )
    )
  ),
  ...ids.filter((id) => !withBody.includes(id) && id !== "associations.forgetAssociation").map((id) =>
    success(
      id,
      200,
      id === "health.metrics" ? "text/plain; version=0.0.4; charset=utf-8" : "application/json",
      "parameters",
      anyRequestOf(id)
    )
  ),
  success(
    "verification.verifyByFingerprint",
    200,
    "text/plain",
    "parameters",
    changed(anyRequestOf("verification.verifyByFingerprint"), { accept: "text/plain" })
  ),
  success(
    "documents.generateDocument",
    200,
    "application/octet-stream",
    "fingerprints",
    changed(anyRequestOf("documents.generateDocument"), { accept: "application/octet-stream" })
  ),
  {
    id: "associations.forgetAssociation",
    status: 204,
    mediaType: undefined,
    example: undefined,
    provoke: (baseUrl) => ask(baseUrl, anyRequestOf("associations.forgetAssociation"))
  },
  {
    id: "associations.forgetAssociation",
    status: 202,
    mediaType: "application/json",
    example: "parameters",
    provoke: () => askIn("open", anyRequestOf("verification.verify"), anyRequestOf("associations.forgetAssociation"))
  },
  {
    id: "health.ready",
    status: 503,
    mediaType: "application/json",
    example: "parameters",
    provoke: () => askIn("stopping", anyRequestOf("verification.verify"), anyRequestOf("health.ready"))
  }
]

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
