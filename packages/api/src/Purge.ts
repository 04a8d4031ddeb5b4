/**
 * What a purge left to be done.
 */
import { Schema } from "effect"

/** The body of the answer to `DELETE /v1/associations/{domain}/{service}` with HTTP 202. */
export const PendingPurge = Schema.Struct({
  pending: Schema.Array(Schema.Literals(["store", "announcement"])).check(Schema.isMinLength(1)).annotate({
    description: [
      "`store`: the shared store still has the entries. `announcement`: other replicas have not been told. Each is retried",
      "until it succeeds, for as long as the replica that answers runs."
    ].join(" ")
  })
}).annotate({
  identifier: "PendingPurge",
  title: "Pending purge",
  description: "The replica that answers has forgotten; what the others do is still to come.",
  httpApiStatus: 202
})
export type PendingPurge = typeof PendingPurge.Type
