/** Two Prosody servers: who gets through, who does not, and what the log says. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { domainToASCII } from "node:url"
import { hanging, misconducts, strangeMembers } from "./conducts.ts"
import { established, exchange, linesAbout, type Outcome, refused, through } from "./exchange.ts"
import { send } from "./Front.ts"
import { type Domain, makeWorld, type World as Made } from "./world.ts"

interface Row extends Domain {
  readonly what: string
  readonly passes: boolean
  /** How many questions the left server asked. */
  readonly asks: number
  /** The one line about it in the log of the left server, after the name of the domain; none: there is no line. */
  readonly says?: RegExp
}

const yes = { passes: true, asks: 1, says: /^Verified: / }
const no = { passes: false, asks: 1 }

const honest: ReadonlyArray<Row> = [
  { what: "vouched for, with a certificate of a known CA", name: "vouched.example", ...yes },
  { what: "vouched for, with a self-signed certificate", name: "alone.example", presents: "alone", ...yes },
  { what: "an internationalized domain", name: "bücher.example", ...yes },
  {
    what: "an ordinary certificate that names the domain",
    name: "own.example",
    presents: "own",
    publishes: "nothing",
    passes: true,
    asks: 0
  },
  {
    what: "a document that lists another certificate",
    name: "stranger.example",
    publishes: "stranger",
    ...no,
    says: /^CertificateMismatch: /
  },
  { what: "a document that has expired", name: "expired.example", publishes: "expired", ...no, says: /^\w+: / },
  { what: "no document", name: "nothing.example", publishes: "nothing", ...no, says: /^\w+: / },
  {
    what: "a yes of the front, unchanged",
    name: "front.example",
    publishes: "nothing",
    conduct: ({ response, yes }) => send(response, 200, yes()),
    ...yes
  },
  {
    what: "an answer that takes a second",
    name: "slow.example",
    conduct: ({ relay }) => new Promise((resolve) => setTimeout(resolve, 1_000)).then(relay),
    ...yes
  }
]

const toRow = (kind: string) => ({ conduct, name: what, says }: (typeof misconducts)[number], index: number): Row => ({
  what,
  name: `${kind}-${index}.example`,
  publishes: "nothing",
  conduct,
  ...no,
  says
})

const dishonest = [...misconducts.map(toRow("front")), ...strangeMembers.map(toRow("member"))]
const silent = hanging.map(toRow("silent"))
const rows = [...honest, ...dishonest, ...silent]

/** The rows are played together, a few at a time; each test looks at its own. */
class Played
  extends Context.Service<Played, { readonly world: Made; readonly outcomes: ReadonlyMap<string, Outcome> }>()(
    "posh/server/test/prosody/Played"
  )
{
  static readonly layer = Layer.effect(
    Played,
    Effect.gen(function*() {
      const world = yield* makeWorld(rows, { posh_verifier_timeout: 5 })
      const outcomes = new Map<string, Outcome>()
      const play = (some: ReadonlyArray<Row>, concurrency: number) =>
        Effect.forEach(
          some,
          ({ name }) => Effect.map(exchange(world, name), (outcome) => void outcomes.set(name, outcome)),
          { concurrency, discard: true }
        )
      yield* play(honest, 4)
      yield* Effect.all([play(silent, 8), play(dishonest, 8)], { concurrency: 2 })
      return { world, outcomes }
    })
  )
}

layer(Played.layer, { excludeTestServices: true, timeout: 240_000 })(
  "certificates between two Prosody servers",
  (it) => {
    const check = Effect.fnUntraced(function*({ asks, name, passes, says }: Row) {
      const { outcomes, world } = yield* Played
      const outcome = outcomes.get(name)
      assert.isDefined(outcome)
      assert.deepStrictEqual(established(outcome), passes ? through : refused, JSON.stringify(outcome))
      const lines = yield* linesAbout(world, domainToASCII(name))
      assert.strictEqual(lines.length > 0, says !== undefined)
      for (const line of lines) assert.match(line, says ?? /^$/)
      // Both directions ask the same: as one where the first is still under way, from memory where it was a yes.
      const asked = world.front.countOf(domainToASCII(name))
      if (passes) assert.strictEqual(asked, asks)
      else assert.include([1, 2], asked)
    })

    it.effect("nothing raised", () =>
      Effect.gen(function*() {
        const { left, right } = (yield* Played).world
        for (const { log } of [left, right]) {
          assert.notMatch(yield* log, /traceback|top-level error|an error in the module/i)
        }
      }))

    describe("by the service", () => {
      it.effect.each(honest.map((row) => [row.what, row] as const))("%s", ([, row]) => check(row))
    })
    describe("no yes where the service should be", () => {
      it.effect.each([...dishonest, ...silent].map((row) => [row.what, row] as const))("%s", ([, row]) => check(row))
    })
  }
)
