/** A traced question has exactly one span for each stage, whether memory answers it or not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Tracer } from "effect"
import { verify } from "../asking.ts"
import { makeWeb, verifierOver } from "../fakeFetcher.ts"
import { fingerprints, next, onlyNext, question, rfc, start } from "../greenhouse.ts"

/** The ended spans, each as a path from its outermost parent. */
const spansOf = <E, R>(work: Effect.Effect<unknown, E, R>) => {
  const ended: Array<string> = []
  const pathOf = (span: Tracer.AnySpan): string => {
    if (span._tag !== "Span") return ""
    const parent = Option.getOrUndefined(span.parent)
    return parent === undefined || parent._tag !== "Span" ? span.name : `${pathOf(parent)} > ${span.name}`
  }
  const tracer = Tracer.make({
    span: (options) => {
      const span = Tracer.nativeTracer.span(options)
      const end = span.end.bind(span)
      return Object.assign(span, {
        end: (...exit: Parameters<typeof end>) => {
          ended.push(pathOf(span))
          end(...exit)
        }
      })
    }
  })
  return work.pipe(Effect.withSpan("ask"), Effect.withTracer(tracer), Effect.as(ended))
}

const stages = (...names: ReadonlyArray<string>) => names.map((name) => `ask > ${name}`)
const deciding = ["Chain", "Matcher", "Verdict"]
const cold = ["Resolver > Cache", "Resolver > Resolver.fetchAndStore > Attempt.run > Document"]

describe("spans of a question", () => {
  const rows = [
    ["without a cached answer", false, question, [...cold, "Resolver", ...deciding]],
    ["that memory answers", true, question, ["Resolver > Cache", "Resolver", ...deciding]],
    [
      "whose certificate the cached material does not have (MAT-43)",
      true,
      { ...question, certificate: next },
      ["Resolver > Cache", "Resolver", ...deciding, ...cold, "Resolver", ...deciding]
    ]
  ] as const
  it.effect.each(rows)("%s", ([, isWarm, asked, expected]) => {
    const web = makeWeb({ [rfc]: { json: asked === question ? fingerprints(3_600) : { ...onlyNext, expires: 3_600 } } })
    return Effect.gen(function*() {
      yield* start
      if (asked !== question) {
        web.set(rfc, { json: { fingerprints: [fingerprints(1).fingerprints[1]], expires: 3_600 } })
      }
      if (isWarm) yield* verify(question)
      const ended = yield* spansOf(verify(asked))
      const own = ended.filter((path) => !/Attempt\.run$|Resolver\.fetchAndStore$|^ask$/.test(path))
      assert.deepStrictEqual(own, stages("Leaf", ...expected))
    }).pipe(Effect.provide(verifierOver(web)))
  })
})
