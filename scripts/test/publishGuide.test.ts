/**
 * What the publish guide has publishers copy: the lines for web servers, and the hook after a renewal.
 */
import { assert, describe, it } from "@effect/vitest"
import { lintDocument } from "@posh/core/publish"
import { fingerprintsDocument, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const guide = readFileSync(new URL("../../docs/guides/publish.md", import.meta.url), "utf8")

const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(guide)?.[1] ?? assert.fail(`no ${language}`)

const makeFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "posh-publish-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

describe("the lines for a web server", () => {
  const servers = [
    ["nginx", /^ *(add_header|default_type|alias|root) /gm, 2],
    ["apache", /^ *(Header set|ForceType|Alias|Require all) /gm, 1],
    ["caddyfile", /^ *(header|root|file_server)\b/gm, 1]
  ] as const
  it.each(servers)("%s: media type, headers, closed braces", (language, directives, places) => {
    const text = block(language)
    for (const value of [/application\/json/g, /no-cache/g, /nosniff/g, /\.well-known\/posh/g]) {
      assert.isAtLeast([...text.matchAll(value)].length, value.source.includes("json") ? 1 : places, value.source)
    }
    assert.isAtLeast([...text.matchAll(directives)].length, 5)
    assert.strictEqual(text.split("{").length, text.split("}").length)
    assert.strictEqual(text.split(/<[A-Z]/).length, text.split(/<\/[A-Z]/).length)
  })

  it.effect("nginx accepts its lines, where it is installed", () =>
    Effect.gen(function*() {
      const nginx = process.env["NGINX"] ?? "nginx"
      if (spawnSync(nginx, ["-v"]).status !== 0) return
      const folder = yield* makeFolder
      const file = join(folder, "nginx.conf")
      writeFileSync(
        file,
        `pid ${folder}/pid; error_log stderr; events { }
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fcgi;
uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi; server { listen 127.0.0.1:8888; ${block("nginx")} } }`
      )
      const { status, stderr } = spawnSync(nginx, ["-t", "-c", file, "-p", folder], { encoding: "utf8" })
      assert.strictEqual(status, 0, stderr)
    }).pipe(Effect.scoped))
})

describe("the hook after a renewal", () => {
  it.effect("publishes the new certificate first and the last one beside it, for both services", () =>
    Effect.gen(function*() {
      const folder = yield* makeFolder
      const lineage = join(folder, "lineage")
      mkdirSync(lineage)
      const hook = join(folder, "hook")
      writeFileSync(hook, block("bash"))
      const run = (pem: string) => {
        writeFileSync(join(lineage, "cert.pem"), pem)
        return spawnSync("sh", [hook], {
          encoding: "utf8",
          env: {
            PATH: process.env["PATH"],
            RENEWED_LINEAGE: lineage,
            DOCUMENTS: join(folder, "www"),
            KEPT: join(folder, "kept")
          }
        })
      }
      const published = (service: string) => readFileSync(join(folder, "www", `${service}.json`), "utf8")
      const [old, renewed] = [
        yield* selfSigned({ dnsNames: ["a.example"] }),
        yield* selfSigned({ dnsNames: ["a.example"] })
      ]

      assert.deepInclude(run(old.pem), { status: 0, stderr: "" })
      // Twice for one certificate, as certbot --force-renewal of another name may do.
      for (const _ of [1, 2]) {
        assert.deepInclude(run(renewed.pem), { status: 0, stderr: "" })
        const documents = ["xmpp-server", "xmpp-client"].map(published)
        assert.strictEqual(documents[0], documents[1])
      }
      const document = published("xmpp-server")
      const algorithms = ["sha-256", "sha-512"] as const
      assert.deepStrictEqual(
        JSON.parse(document),
        fingerprintsDocument([renewed, old], { expires: 86_400, algorithms })
      )
      assert.strictEqual(statSync(join(folder, "www", "xmpp-server.json")).mode & 0o777, 0o644)
      const findings = lintDocument({ document, generation: "rfc7711", now: Date.now() })
      assert.deepStrictEqual(findings.filter(({ severity }) => severity === "error"), [])

      // What is no certificate changes nothing.
      assert.notStrictEqual(run("no certificate").status, 0)
      assert.strictEqual(published("xmpp-server"), document)
    }).pipe(Effect.scoped))
})
