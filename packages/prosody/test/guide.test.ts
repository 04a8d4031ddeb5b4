/** The guide to the Prosody module: its commands run, its configuration is Prosody's, and its tables list what the sources have. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { commandsOf, ensureInstalled, ensureRuns, greenhouse } from "@posh/testing"
import { execFile } from "node:child_process"
import { createHash, X509Certificate } from "node:crypto"
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { promisify } from "node:util"

const repository = join(import.meta.dirname, "../../..")
const page = readFileSync(join(repository, "docs/guides/clients/prosody.md"), "utf8")
const commands = commandsOf("docs/guides/clients/prosody.md").map(({ script }) => script)
const folder = join(repository, "packages/prosody/mod_s2s_auth_posh_verifier")
const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8")).join("\n")

/** The first column of the table below a heading or a line of the page. */
const column = (after: string): ReadonlyArray<string> => {
  const rows = page.slice(page.indexOf(after)).split("\n").filter((line, index, lines) =>
    line.startsWith("|") &&
    !lines.slice(0, index).some((other, at) => at > 2 && other === "" && lines[at - 1]?.startsWith("|"))
  )
  return rows.slice(2).map((row) => row.split("|")[1]?.trim().replaceAll("`", "") ?? "")
}

/** A service with one answer, about what it is asked. */
const service = createServer((request, response) => {
  void text(request).then((body) => {
    const common = { code: "Resolved", message: "It is published.", domain: "hosted.example", service: "xmpp-server" }
    const leaf = body === "" ? "" : JSON.parse(body).chain[0]
    const verdict = {
      id: "1",
      valid: true,
      verdict: "verified",
      code: "Verified",
      message: "hosted.example vouches for this certificate.",
      prooftype: "posh",
      certificate: {
        sha256: createHash("sha256").update(Buffer.from(leaf, "base64")).digest("base64"),
        datesChecked: true
      },
      ttl: 60,
      retryable: false
    }
    const answer = body === ""
      ? { ...common, state: "material", material: { kind: "fingerprints", entries: [{}, {}] } }
      : { ...common, ...verdict }
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer))
  })
})

describe("the guide to the Prosody module", () => {
  const root = mkdtempSync(join(tmpdir(), "posh-prosody-"))
  const plugins = join(root, "plugins")

  /** `prosodyctl` with the configuration of this test. */
  const run = async (script: string, cwd: string) => {
    const shell = `prosodyctl() { command prosodyctl --config "${root}/prosody.cfg.lua" "$@"; }\n${script}`
    const { stdout } = await promisify(execFile)("sh", ["-eu", "-c", shell], {
      cwd,
      env: { ...process.env, PLUGINS: plugins }
    })
    return stdout
  }

  beforeAll(async () => {
    ensureRuns("Prosody", ["test", "-e", "/usr/lib/prosody/util/async.lua"], ["prosody"])
    ensureInstalled("luarocks", "--version")
    ensureRuns("Lua's headers", ["test", "-e", "/usr/include/lua5.4/lua.h"], ["liblua5.4-dev"])
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve))
    const { port } = service.address() as AddressInfo
    // prosodyctl may change to a user of its own.
    chmodSync(root, 0o755)
    mkdirSync(join(root, "data"))
    chmodSync(join(root, "data"), 0o777)
    writeFileSync(join(root, "chain.pem"), new X509Certificate(greenhouse.next).toString())
    writeFileSync(join(root, "key"), "posh_of_this_test\n")
    const shown = /^```lua\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? ""
    writeFileSync(
      join(root, "prosody.cfg.lua"),
      [
        `run_as_root = true`,
        `data_path = "${root}/data"`,
        `plugin_paths = { "${plugins}" }`,
        shown.replace("https://posh.example", `http://127.0.0.1:${port}`).replace(
          "/etc/prosody/posh.key",
          `${root}/key`
        ),
        `VirtualHost "here.example"`
      ].join("\n")
    )
  })
  afterAll(() => {
    service.close()
    rmSync(root, { recursive: true, force: true })
  })

  it("its commands do what they say", async () => {
    const [copy = "", make = "", check = "", ...others] = commands
    assert.deepStrictEqual(others, [])
    const answers =
      /^material: It is published\.\n[\s\S]*vouches for 2 certificates\n[\s\S]*^verified: hosted\.example vouches for this certificate\.\n/m
    await run(copy, repository)
    assert.match(await run(check, root), answers)
    rmSync(plugins, { recursive: true })
    await run(make, repository)
    assert.match(await run(check, root), answers)
  })

  it("lists the options that there are", () => {
    const read = /^local readers = \{\n([\s\S]*?)^\};/m.exec(sources)?.[1] ?? ""
    const names = [...read.matchAll(/^\t(\w+) = /gm)].map(([, name]) => `posh_verifier_${name}`)
    assert.sameMembers([...column("## Options")], [...names, "posh_verifier_url"])
  })

  it("lists the reasons that there are", () => {
    const counted = /^local faults = \{\n([\s\S]*?)^\};/m.exec(sources)?.[1] ?? ""
    const reasons = [...counted.matchAll(/(?:\["([\w-]+)"\]|(\w+)) = true/g)].map(([, quoted, plain]) =>
      quoted ?? plain
    )
    assert.sameMembers([...column("| Reason | Meaning |")], reasons)
  })

  it("lists lines of the log as the sources have them", () => {
    for (const line of column("| Line | Level")) {
      if (line === "posh_verifier_… …") continue
      for (const part of line.split("…")) assert.include(sources, part.trim().replace(/^: |:$|^; /g, ""))
    }
  })

  it("lists the metrics that there are", () => {
    const metrics = [...sources.matchAll(/module:metric\("\w+", "(\w+)", "(\w*)"/g)]
      .map(([, name, unit]) => unit === "" ? name : `${name}_${unit}`)
    assert.sameMembers(column("## Statistics").flatMap((cell) => cell.split(", ")), metrics)
  })
})
