/**
 * The pending steps of a purge.
 */
import { Schema } from "effect"

/** The body of the answer to `DELETE /v1/associations/{domain}/{service}` with HTTP 202. */
export const PendingPurge = Schema.Struct({
  pending: Schema.Array(Schema.Literals(["store", "announcement"])).check(Schema.isMinLength(1)).annotate({
    description: [
      "`store`: the shared store still has the entries. `announcement`: other replicas are not notified. The replica that",
      "answers retries each step until it succeeds, for as long as it runs."
    ].join(" ")
  })
}).annotate({
  identifier: "PendingPurge",
  title: "Pending purge",
  description: "The replica that answers has purged its own memory; the steps for the others are pending.",
  httpApiStatus: 202
})
export type PendingPurge = typeof PendingPurge.Type
