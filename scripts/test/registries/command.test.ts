/**
 * `npm run check:registries` against a local server, with registries that are made of what this project refuses.
 */
import { assert, describe, it } from "@effect/vitest"
import { IpNetwork } from "effect/net"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { addressRules, nameRules } from "../../registries/ours.ts"

const blocks = [...addressRules.blocks.map(IpNetwork.format), ...Object.keys(addressRules.allowed)]
  .filter((block) => addressRules.own[block] === undefined)
const addresses = (family: (block: string) => boolean) =>
  ["Address Block,Name,Globally Reachable", ...blocks.filter(family).map((block) => `${block},a block,False`)].join(
    "\n"
  )
const names = ["Name,Reference", ...nameRules.names.filter((name) => nameRules.own[name] === undefined)].join(".,[1]\n")

const registries: Readonly<Record<string, string>> = {
  "/iana-ipv4-special-registry/iana-ipv4-special-registry-1.csv": addresses((block) => !block.includes(":")),
  "/iana-ipv6-special-registry/iana-ipv6-special-registry-1.csv": addresses((block) => block.includes(":")),
  "/special-use-domain-names/special-use-domain.csv": names.replace(".,[1]", "")
}

/** Runs the command where `files` stand in for some registries; `undefined` is none. */
const run = async (files: Readonly<Record<string, string | undefined>>) => {
  const answers: Readonly<Record<string, string | undefined>> = { ...registries, ...files }
  const server = createServer((request, response) => {
    const text = answers[request.url ?? ""]
    response.writeHead(text === undefined ? 404 : 200).end(text)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const script = join(import.meta.dirname, "../../checkRegistries.ts")
  const child = execFile(process.execPath, ["--disable-warning=ExperimentalWarning", script, base])
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output += String(chunk))
  const [code] = await once(child, "close")
  server.close()
  return { code, output }
}

const [ipv4 = "", , domains = ""] = Object.keys(registries)

describe("npm run check:registries", () => {
  it("agrees", async () => assert.deepStrictEqual(await run({}), { code: 0, output: "registries: ok\n" }))

  it("reports entries that were added since", async () => {
    const { code, output } = await run({
      [ipv4]: `${registries[ipv4]}\n203.0.112.0/24,Planted,False\n`,
      [domains]: `${registries[domains]}.,[1]\nplanted.,[1]`
    })
    assert.strictEqual(code, 1)
    assert.include(output, "203.0.112.0/24 (Planted) is not globally reachable, but 203.0.112.0 would be dialled")
    assert.include(output, "posh.planted is of special use, but would be asked about")
    assert.include(output, "registries: 2 differences")
  })

  it("compares nothing where a registry is not there", async () => {
    const { code, output } = await run({ [ipv4]: undefined })
    assert.strictEqual(code, 2)
    assert.include(output, "answers with 404")
  })
})
