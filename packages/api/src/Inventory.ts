/**
 * What is remembered, in the order in which it expires.
 */
import { Schema } from "effect"
import { Delegation, Generation, instant } from "./values.ts"

/** One remembered association. */
export const InventoryEntry = Schema.Struct({
  domain: Schema.String.annotate({ description: "Canonical form (A-labels)." }),
  service: Schema.String.annotate({ description: "The registered key." }),
  generation: Generation,
  delegation: Delegation,
  delegatedDomain: Schema.String.annotate({ description: "The host where the material was found." }),
  fetchedAt: instant("When the request began that delivered the material."),
  revalidateAt: instant("From when on a question resolves again."),
  expiresAt: instant("When the material ends in any case.")
}).annotate({
  identifier: "InventoryEntry",
  title: "Remembered association",
  description: "What is remembered of one domain, service and generation, without the material."
})
export type InventoryEntry = typeof InventoryEntry.Type

/** The body of the answer to `GET /v1/associations`. */
export const Inventory = Schema.Struct({
  associations: Schema.Array(InventoryEntry).annotate({ description: "Soonest expiry first." }),
  cursor: Schema.optionalKey(
    Schema.String.annotate({
      description: [
        "There is more: ask again with this as `cursor`. Associations that come, go or are renewed meanwhile make no",
        "other be repeated or left out."
      ].join(" ")
    })
  ),
  partial: Schema.optionalKey(
    Schema.Literal(true).annotate({
      description: [
        "What replicas share could not be asked: this is what the one that answers remembers itself. Absent where the",
        "page is whole."
      ].join(" ")
    })
  )
}).annotate({
  identifier: "Inventory",
  title: "Inventory",
  description: "A page of what is remembered."
})
export type Inventory = typeof Inventory.Type
