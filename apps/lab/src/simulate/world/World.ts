/**
 * The domains: what each publishes, which certificate it has, and what is right to answer about it. All of it follows from
 * the domain's number.
 */
import type { VerdictKind } from "@posh/core"
import { hash } from "node:crypto"
import { type Kind, kinds, type WorldOptions } from "../Scenario.ts"
import { zipfWeights } from "../Zipf.ts"
import { chance, pick } from "./chance.ts"

export interface World {
  readonly options: WorldOptions
  readonly kindOf: (domain: number) => Kind
  /** `expires` of its documents, in seconds. */
  readonly lifetimeOf: (domain: number) => number
  readonly providerOf: (domain: number) => number
  /** Milliseconds of a request to the host. */
  readonly latencyOf: (host: string) => number
  /** SHA-256 in base64 of the certificate that the domain's XMPP server has at this instant. */
  readonly certificateAt: (domain: number, now: number) => string
}

/** The SHA-256 of the certificate that all domains of the draft generation have. */
export const makeWorld = (options: WorldOptions, draftCertificate: string): World => {
  const shares = kinds.map((kind) => [kind, options.shares[kind]] as const)
  const providers = [...zipfWeights(options.providers, 1)].map((share, provider) => [provider, share] as const)
  const kindOf = (domain: number) => pick(shares, chance(domain, 1))
  const providerOf = (domain: number) => pick(providers, chance(domain, 3))
  const [least, most] = options.latencyMs
  const period = (subject: number, now: number) => Math.floor(now / options.rotationMs + chance(subject, 4))
  return {
    options,
    kindOf,
    lifetimeOf: (domain) => pick(options.lifetimes, chance(domain, 2)),
    providerOf,
    latencyOf: (host) => least + (most - least) * chance(textNumber(host), 5),
    certificateAt: (domain, now) => {
      const kind = kindOf(domain)
      if (kind === "draft") return draftCertificate
      if (kind !== "hosted") return certificate(`domain ${domain} ${period(domain, now)}`)
      const provider = providerOf(domain)
      return certificate(`provider ${provider} ${period(-1 - provider, now)}`)
    }
  }
}

/** The verdict about a domain of this kind, if its servers can be reached. */
export const rightVerdict: Readonly<Record<Kind, VerdictKind>> = {
  own: "verified",
  hosted: "verified",
  draft: "verified",
  nothing: "no-material",
  unreachable: "indeterminate",
  mistaken: "mismatch"
}

const certificate = (name: string): string => hash("sha256", name, "base64")

const textNumber = (text: string): number => {
  let sum = 0
  for (let index = 0; index < text.length; index += 1) sum = Math.imul(sum, 31) + text.charCodeAt(index)
  return sum
}
