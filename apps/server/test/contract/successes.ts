/**
 * What is answered with success, and the two answers that are neither success nor problem.
 */
import { certificateMediaTypes } from "@posh/api"
import { greenhouse } from "@posh/testing"
import { routes } from "./document.ts"
import { ask, type Asked } from "./exchange.ts"
import { changed, ids, type Provocation, withBody } from "./provocation.ts"
import { anyRequestOf, requestOf } from "./requests.ts"
import { askIn } from "./services.ts"

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
  // In octets, which no example in JSON can be.
  success("verification.verify", 200, "application/json", "explained", {
    ...requestOf("verification.verify", { body: ["application/pkix-cert", ""], parameters: true }),
    body: Buffer.from(greenhouse.current)
  }),
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
