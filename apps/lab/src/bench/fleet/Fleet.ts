/**
 * A fleet's questions: domain `i` of so many vouches for certificate `i` modulo their number, and is asked about that one.
 * Servers and generators run in processes of their own, so all of it lies in files.
 */
import { hash } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { postOctets } from "../../postOctets.ts"
import { writeRequests } from "../load/requests.ts"
import { domainOf } from "./domains.ts"
import type { Chains } from "./issueMany.ts"

export interface Shape {
  readonly domains: number
  readonly certificates: number
}

/** What servers and generators need of a fleet. */
export interface Published extends Shape {
  readonly questions: ReadonlyArray<AnyQuestion>
  /** One `POST /v1/verify` for each domain, as {@link writeRequests} writes them. */
  readonly requests: string
  /** SHA-256 of the certificate of each domain, in order, 32 octets each. */
  readonly digests: string
}

export interface Fleet extends Published {
  readonly questions: ReadonlyArray<Question>
  /** The same questions by fingerprint. */
  readonly byFingerprint: () => ReadonlyArray<FingerprintQuestion>
}

export interface Question {
  readonly domain: string
  readonly service: "xmpp-server"
  readonly certificate: string
}

/** A question with what stands above the certificate, too. */
export interface ChainQuestion {
  readonly domain: string
  readonly service: "xmpp-server"
  /** Leaf first. */
  readonly chain: ReadonlyArray<string>
  readonly prooftypes: ReadonlyArray<"pkix" | "posh">
}

export type AnyQuestion = Question | ChainQuestion | FingerprintQuestion

/** A question that shows the service no certificate. */
export interface FingerprintQuestion {
  readonly domain: string
  readonly service: "xmpp-server"
  readonly fingerprint: { readonly "sha-256": string }
}

export const makeFleet = (shape: Shape, ders: ReadonlyArray<Buffer>, folder: string): Fleet => {
  const certificates = ders.slice(0, shape.certificates).map((der) => ({ pem: toPem(der), digest: sha256(der) }))
  const owners = Array.from({ length: shape.domains }, (_, index) => certificates[index % certificates.length]!)
  const questions = owners.map(({ pem }, index): Question => ({
    domain: domainOf(index),
    service: "xmpp-server",
    certificate: pem
  }))
  return {
    ...publish(nameOf(shape), questions, owners.map(({ digest }) => digest), folder),
    ...shape,
    questions,
    byFingerprint: () =>
      owners.map(({ digest }, index): FingerprintQuestion => ({
        domain: domainOf(index),
        service: "xmpp-server",
        fingerprint: { "sha-256": digest.toString("base64") }
      }))
  }
}

/** A certificate for each domain, which names it, below one root; `root` is a file. */
export const makeChainFleet = (
  domains: number,
  { intermediate, leaves, root }: Chains,
  folder: string
): Published & { readonly root: string } => {
  const chains = leaves.slice(0, domains)
  const questions = chains.map((der, index): ChainQuestion => ({
    domain: domainOf(index),
    service: "xmpp-server",
    chain: [toPem(der), intermediate.pem],
    prooftypes: ["pkix", "posh"]
  }))
  const file = join(folder, "root.pem")
  writeFileSync(file, root.pem)
  return {
    domains,
    certificates: domains,
    root: file,
    ...publish(`chains-${domains}`, questions, chains.map(sha256), folder)
  }
}

const publish = (
  name: string,
  questions: ReadonlyArray<Question | ChainQuestion>,
  digests: ReadonlyArray<Buffer>,
  folder: string
): Pick<Published, "digests" | "questions" | "requests"> => {
  const files = { requests: join(folder, `${name}.requests`), digests: join(folder, `${name}.digests`) }
  writeRequests(files.requests, questions.map(toRequest))
  writeFileSync(files.digests, Buffer.concat(digests))
  return { questions, ...files }
}

/** Of a single question. */
export const toRequest = (question: AnyQuestion): Buffer => postOctets("/v1/verify", JSON.stringify(question))

/** As in `10000x100`. */
export const nameOf = ({ certificates, domains }: Shape): string => `${domains}x${certificates}`

export const shapeOf = (name: string): Shape | undefined => {
  const [, domains, certificates] = /^([1-9]\d*)x([1-9]\d*)$/.exec(name) ?? []
  return domains === undefined ? undefined : { domains: Number(domains), certificates: Number(certificates) }
}

const sha256 = (octets: Uint8Array): Buffer => hash("sha256", octets, "buffer")

const toPem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`
