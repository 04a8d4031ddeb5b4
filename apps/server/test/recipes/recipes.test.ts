/** The recipes of the guides: every one meets every case, over real TLS, as a process that is told what its page says. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { writeSync } from "node:fs"
import { Service } from "../service.ts"
import { type Asked, type Case, cases } from "./cases.ts"
import { HostileServices } from "./hostile.ts"
import { commandsFor, isMissing, type Language, languages, prepare } from "./languages.ts"
import { makePeer } from "./peer.ts"
import { type Outcome, runRecipe } from "./run.ts"
import { domain, layerDeployed, service, World } from "./world.ts"

const installed = languages.filter((language) => !isMissing(language))
const missing = languages.filter(isMissing)

/** Compiled once. */
class Folders extends Context.Service<Folders, ReadonlyMap<Language, string>>()("posh/server/test/recipes/Folders") {
  static readonly layer = Layer.effect(
    Folders,
    Effect.map(
      World,
      ({ files, folder }) => new Map(installed.map((language) => [language, prepare(language, folder, files)]))
    )
  )
}

const layerAll = Layer.mergeAll(HostileServices.layer, Folders.layer).pipe(Layer.provideMerge(layerDeployed))

const meet = Effect.fnUntraced(function*(language: Language, row: Case, id: string) {
  const { files, folder, peers } = yield* World
  const { baseUrl } = yield* Service
  const hostile = yield* HostileServices
  const urls = { down: hostile.down, plain: "http://posh.invalid", deployed: baseUrl.replace("127.0.0.1", "localhost") }
  const urlOf = (asked: Asked) => {
    if (typeof asked === "object") return hostile.url(asked.behaviour, id)
    return asked === "deployed" || asked === "down" || asked === "plain" ? urls[asked] : hostile.secure(asked, id)
  }
  const peer = yield* makePeer(peers[row.peer ?? "hosting"], row)
  const outcome = yield* runRecipe({
    command: commandsFor(language).run,
    folder: (yield* Folders).get(language) ?? "",
    args: ["127.0.0.1", String(peer.port), row.domain ?? domain, row.service ?? service],
    env: {
      HOME: folder,
      SSL_CERT_FILE: files.publicCa, // what OpenSSL and Go trust beside what they are told
      VERIFIER_CA_FILE: files.fleetCa,
      VERIFIER_KEY_FILE: row.key === "wrong" ? files.wrongKey : files.key,
      VERIFIER_TIMEOUT: String(row.seconds ?? 30),
      VERIFIER_URL: urlOf(row.asked ?? "deployed"),
      ...language.env,
      // A proxy would see the question, and nobody wants one here.
      ...Object.fromEntries(
        ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map((variable) => [
          variable,
          "http://127.0.0.1:9"
        ])
      )
    }
  })
  return { outcome, peer, count: hostile.count(id) }
})

const described = ({ ended, stderr, stdout }: Outcome) => JSON.stringify({ ended, stdout, stderr })

layer(layerAll, { excludeTestServices: true, timeout: 900_000, concurrent: true } as const)("recipes", (it) => {
  for (const language of installed) {
    for (const [index, row] of cases.entries()) {
      it.effect(`${language.folder}: ${row.name}`, () =>
        Effect.gen(function*() {
          const { count, outcome, peer } = yield* meet(language, row, `${language.folder}-${index}`)
          const said = described(outcome)
          if (row.accepted) {
            assert.strictEqual(outcome.ended, 0, said)
            const [accepted = "", ...talk] = outcome.stdout.trimEnd().split("\n")
            assert.match(accepted, /^accepted: /, said)
            assert.match(accepted, row.says, said)
            if (row.ordinary) assert.strictEqual(accepted.includes("ordinary check"), language.checksItself, said)
            assert.deepStrictEqual(talk, ["greeting", "you said hello"], said)
            assert.strictEqual(peer.heard(), "hello\n")
            assert.deepStrictEqual(peer.names(), [domain])
          } else {
            assert.strictEqual(outcome.ended, 1, said)
            assert.strictEqual(outcome.stdout, "", said)
            const line = outcome.stderr.split("\n").find((line) => line.startsWith("not accepted: ")) ?? ""
            assert.match(line.slice("not accepted: ".length), row.says, said)
            assert.strictEqual(peer.heard(), "")
          }
          // The reason of a no is the answer, and a redirect leads nowhere.
          if (typeof row.asked === "object") assert.strictEqual(count, 1, said)
          if (row.seconds !== undefined) assert.isBelow(outcome.ms, 30_000, said)
        }).pipe(Effect.scoped))
    }
  }

  for (const language of missing) {
    const { folder, optional } = language
    it(`${folder}: WAS NOT RUN, because ${optional} is not installed`, () => {
      const packages = commandsFor(language).packages.join(" ")
      writeSync(2, `posh: the recipe in ${folder} WAS NOT RUN: there is no ${optional} (apt-get install ${packages})\n`)
      assert.isTrue(isMissing(language))
    })
  }
})
