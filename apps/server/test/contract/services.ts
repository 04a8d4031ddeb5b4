/**
 * Services in states that the process of the world is not in: each is asked over a socket of its own.
 */
import { Verifier } from "@posh/core"
import { registeredServices } from "@posh/core/question"
import { Effect, Layer } from "effect"
import { Readiness } from "../../src/service/Readiness.ts"
import { Service } from "../service.ts"
import { prepare } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { ask, type Asked, type Reply } from "./exchange.ts"

const quiet = { services: registeredServices, recall: () => undefined, readAhead: () => false } as const

/** Whatever is asked of it is a defect, or hangs, or is verified. */
const verifierOf = (kind: "faulty" | "hanging" | "willing"): Layer.Layer<Verifier> =>
  kind === "faulty"
    ? Layer.mock(Verifier, { ...quiet, prepare: () => fail(), services: new Proxy(registeredServices, { get: fail }) })
    : Layer.mock(Verifier, {
      ...quiet,
      prepare,
      verify: () => kind === "hanging" ? Effect.never : Effect.succeed(verified),
      report: () => Effect.never,
      forget: () => Effect.succeed({ pending: ["announcement"] })
    })

const fail = (): never => {
  throw new Error("the secret of the inside")
}

/** A name of a state, with what is asked of the service before and how it is asked then. */
export const services = {
  /** Each call of the verifier is a defect. */
  faulty: { layer: Service.layer(verifierOf("faulty")), before: () => Effect.void },
  /** One question fits, and is under way. */
  full: {
    layer: Service.layer(verifierOf("hanging"), { limits: { maxInFlight: 1 } }),
    before: (baseUrl: string, question: Asked) => Effect.asVoid(Effect.forkScoped(ask(baseUrl, question)))
  },
  /** The caller has asked as many questions as it may. */
  rated: {
    layer: Service.layer(verifierOf("willing"), { limits: { callerRate: 0.01 } }),
    before: (baseUrl: string, question: Asked) => Effect.asVoid(ask(baseUrl, question))
  },
  /** Anybody may ask but a page of another origin; other replicas are not reached; nothing is counted. */
  open: { layer: Service.layer(verifierOf("willing")), before: () => Effect.void },
  stopping: {
    layer: Service.layer(verifierOf("willing")),
    before: () => Effect.flatMap(Readiness, ({ become }) => become("stopping"))
  }
} as const

export type ServiceState = keyof typeof services

/** The reply of a service in this state. */
export const askIn = (
  state: ServiceState,
  question: Asked,
  asked: Asked
): Effect.Effect<Reply> =>
  Effect.gen(function*() {
    const { baseUrl } = yield* Service
    yield* services[state].before(baseUrl, question)
    const reply = ask(baseUrl, asked)
    // A question that is under way has no sign from outside: ask again until it shows.
    return yield* state === "full"
      ? Effect.repeat(Effect.andThen(Effect.sleep(5), reply), { until: ({ status }) => status === 503, times: 200 })
      : reply
  }).pipe(Effect.scoped, Effect.provide(services[state].layer)) as Effect.Effect<Reply>
