/**
 * The cached associations, in the order of their expiry.
 */
import { Schema } from "effect"
import { Delegation, Generation, instant } from "./values.ts"

/** One cached association. */
export const InventoryEntry = Schema.Struct({
  domain: Schema.String.annotate({ description: "Canonical form (A-labels)." }),
  service: Schema.String.annotate({ description: "The registered key." }),
  generation: Generation,
  delegation: Delegation,
  delegatedDomain: Schema.String.annotate({ description: "The host where the material was found." }),
  fetchedAt: instant("Start of the request that delivered the material."),
  revalidateAt: instant("From when on a question revalidates the material."),
  expiresAt: instant("Absolute expiry of the material.")
}).annotate({
  identifier: "InventoryEntry",
  title: "Remembered association",
  description: "A cached association of one domain, service and generation, without the material."
})
export type InventoryEntry = typeof InventoryEntry.Type

/** The body of the answer to `GET /v1/associations`. */
export const Inventory = Schema.Struct({
  associations: Schema.Array(InventoryEntry).annotate({ description: "Soonest expiry first." }),
  cursor: Schema.optionalKey(
    Schema.String.annotate({
      description: [
        "Present if there are more: repeat the request with this as `cursor`. Associations that are added, removed or renewed",
        "in the meantime cause no other to be repeated or left out."
      ].join(" ")
    })
  ),
  partial: Schema.optionalKey(
    Schema.Literal(true).annotate({
      description: [
        "The shared store is unavailable: the page lists the memory cache of the replica that answers. Absent if the",
        "page is complete."
      ].join(" ")
    })
  )
}).annotate({
  identifier: "Inventory",
  title: "Inventory",
  description: "A page of the cached associations."
})
export type Inventory = typeof Inventory.Type
