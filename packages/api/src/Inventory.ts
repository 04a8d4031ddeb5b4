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

/** What DNS says of one service. */
export const RememberedLookup = Schema.Struct({
  domain: Schema.String.annotate({ description: "Canonical form (A-labels)." }),
  service: Schema.String.annotate({ description: "The registered key." }),
  source: Schema.Literal("tlsa"),
  state: Schema.Literals(["records", "not-applicable", "bogus", "indeterminate"]).annotate({
    description: "`records`: there are TLSA records. `not-applicable`: DANE says nothing of the service. `bogus` or " +
      "`indeterminate`: the answer cannot be trusted."
  }),
  endpoints: Schema.Int.annotate({ description: "Number of targets of SRV records that were looked up." }),
  records: Schema.Int.annotate({ description: "Number of their TLSA records." }),
  detail: Schema.optionalKey(
    Schema.String.annotate({ description: "Why there are none, or none at the first target without; for a person." })
  ),
  resolvedAt: instant("Start of the look-up."),
  expiresAt: instant("End of the TTLs and signatures; after it DNS is asked again.")
}).annotate({
  identifier: "RememberedLookup",
  title: "Remembered look-up",
  description: "What DNS says of one service (DANE), without the records."
})
export type RememberedLookup = typeof RememberedLookup.Type

/** The body of the answer to `GET /v1/associations`. */
export const Inventory = Schema.Struct({
  associations: Schema.Array(InventoryEntry).annotate({
    description: "Soonest expiry first. Empty where `source` is `tlsa`."
  }),
  lookups: Schema.optionalKey(
    Schema.Array(RememberedLookup).annotate({ description: "Soonest end first. Present where `source` is `tlsa`." })
  ),
  cursor: Schema.optionalKey(
    Schema.String.annotate({
      description: [
        "Present if there are more: repeat the request with this as `cursor`. Entries that are added, removed or renewed",
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
