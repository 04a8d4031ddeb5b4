/**
 * An association as the memory cache keeps it: what every question reads as fields, and the rest packed into two texts,
 * which are decoded when they are read. A text is one object without pointers, so that the garbage collector has a third of
 * the objects to look at, and no string shares memory with a document (POSH-CAC-05).
 */
import type { Association, Delegation } from "../../association/Association.ts"
import type { Hop } from "../../association/Hop.ts"
import type { Lifetime } from "../../association/Lifetime.ts"
import type { Material } from "../../association/Material.ts"
import { ownText } from "../../encoding/own.ts"
import type { Lint } from "../../Lint.ts"
import type { Domain } from "../../question/Domain.ts"
import type { Generation } from "../../question/Generation.ts"
import type { ServiceKey } from "../../question/Service.ts"
import { packEvidence, unpackHops, unpackLints } from "./packEvidence.ts"
import { type PackedMaterial, packMaterial, unpackMaterial } from "./packMaterial.ts"
import { textBytes } from "./sizes.ts"

export class PackedAssociation implements Association {
  readonly domain: Domain
  readonly service: ServiceKey
  readonly generation: Generation
  readonly delegation: Delegation
  readonly delegatedDomain: Domain
  readonly lifetime: Lifetime
  readonly #material: PackedMaterial
  readonly #evidence: string

  constructor(association: Association) {
    const { delegatedDomain, delegation, domain, generation, lifetime, material, service } = association
    const { expiresAt, fetchedAt, graceUntil, revalidateAt } = lifetime
    this.domain = ownText(domain) as Domain
    this.service = service
    this.generation = generation
    this.delegation = delegation
    this.delegatedDomain = delegatedDomain === domain ? this.domain : ownText(delegatedDomain) as Domain
    this.lifetime = { fetchedAt, revalidateAt, graceUntil, expiresAt }
    this.#material = packMaterial(material)
    this.#evidence = packEvidence(association)
  }

  /** Decoded anew for each reader, which a few descriptors are sooner than they are kept. */
  get material(): Material {
    return unpackMaterial(this.#material)
  }

  get lints(): ReadonlyArray<Lint> {
    return unpackLints(this.#evidence)
  }

  get hops(): ReadonlyArray<Hop> {
    return unpackHops(this.#evidence)
  }

  /** Bytes on the heap, estimated conservatively for 64-bit V8. */
  get bytes(): number {
    return fixedBytes + textBytes(this.domain) +
      (this.delegatedDomain === this.domain ? 0 : textBytes(this.delegatedDomain)) + textBytes(this.#evidence) +
      (typeof this.#material === "string" ? textBytes(this.#material) : this.#material.bytes)
  }
}

/** The object, its lifetime, and the boxes of four numbers. */
const fixedBytes = 240
