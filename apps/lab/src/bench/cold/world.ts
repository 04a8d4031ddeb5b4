/** Domains nobody has asked about, below a few sites, with one certificate for all, and the origin that serves them. */
import { fingerprintsDocument, issue, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { commandOf, type Running, start } from "../../process.ts"
import { toRequest } from "../fleet/Fleet.ts"
import { writeRequests } from "../load/requests.ts"
import { cores, onCore } from "../machine/cores.ts"
import { withFlags } from "../machine/node.ts"

/** Each has budgets of its own. */
const sites = 20

export interface ColdWorld {
  readonly origin: Running
  readonly caFile: string
  /** For each part a file of requests, each about a new domain. */
  readonly parts: ReadonlyArray<string>
}

export const makeColdWorld = async (folder: string, parts: number, perPart: number): Promise<ColdWorld> => {
  const { certificate, leaf, root } = await Effect.runPromise(Effect.gen(function*() {
    const root = yield* rootCa()
    const names = Array.from({ length: sites }, (_, site) => `*.s${site}.example`)
    const leaf = yield* issue(root, { dnsNames: names })
    return { root, leaf, certificate: yield* issue(root, { dnsNames: ["xmpp.example"] }) }
  }))
  const file = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const caFile = file("cold-ca.pem", root.pem)
  const program = withFlags(commandOf(new URL("origin.ts", import.meta.url)))
  const origin = await start(onCore(cores.generator, program), {
    env: {
      CERT_FILE: file("cold-cert.pem", leaf.pem),
      KEY_FILE: file("cold-key.pem", leaf.keyPem),
      DOCUMENT: JSON.stringify(fingerprintsDocument([certificate], { expires: 86_400 }))
    }
  })
  const requests = Array.from({ length: parts }, (_, part) => {
    const path = join(folder, `cold-${part}.requests`)
    const domains = Array.from({ length: perPart }, (_, index) => `p${part}-${index}.s${index % sites}.example`)
    writeRequests(
      path,
      domains.map((domain) => toRequest({ domain, service: "xmpp-server", certificate: certificate.pem }))
    )
    return path
  })
  return { origin, caFile, parts: requests }
}
