/**
 * Reports what a domain asserts, without a certificate in question: its documents, and beside them what DNS says.
 */
import { Clock, Effect, Option } from "effect"
import type { Policy } from "./Policy.ts"
import type { ServiceLookup } from "./proof/dane/DaneLookup.ts"
import type { DaneSource } from "./proof/dane/DaneSource.ts"
import { type DnsFacts, observeService } from "./proof/dane/DnsFacts.ts"
import { SecureResolver } from "./proof/dane/SecureResolver.ts"
import type { Resolver } from "./proof/posh/Resolver.ts"
import { CallerBudget } from "./question/CallerBudget.ts"
import type { Deadline } from "./question/Deadline.ts"
import type { Generations } from "./question/Generation.ts"
import type { QuestionError } from "./question/QuestionError.ts"
import { deadlines } from "./question/QuestionOptions.ts"
import { untraced } from "./question/StageTracer.ts"
import { currentStamp } from "./question/Stamp.ts"
import { parseTarget, type Target } from "./question/Target.ts"
import { type AssociationReport, toAssociationReport } from "./verdict/AssociationReport.ts"
import { toTlsaReport } from "./verdict/TlsaReport.ts"

export interface AssociationOptions {
  /** Resolve again even if the association is cached (POSH-CAC-32), and ask DNS again. Default false. */
  readonly refresh?: boolean
  /** Milliseconds. Default 10,000. */
  readonly deadlineMs?: number
  /** Default: those of the deployment's policy. */
  readonly generations?: Generations
  /**
   * With a resolver that validates. `report`: what is remembered of DNS, or else found. `observe`: DNS is asked again, and what its
   * answers show is reported too (`dns`), for findings. `omit`: nothing is asked. Default `report`.
   */
  readonly tlsa?: "report" | "observe" | "omit"
}

export type Report = (
  domain: string,
  service: string,
  options?: AssociationOptions
) => Effect.Effect<AssociationReport, QuestionError>

/** `dane`: `undefined` without a resolver that validates. */
export const makeReporter = (
  policy: Policy,
  resolver: Resolver["Service"],
  dane: DaneSource | undefined
): Effect.Effect<Report> =>
  Effect.gen(function*() {
    const dns = Option.getOrUndefined(yield* Effect.serviceOption(SecureResolver))

    const observe = Effect.fnUntraced(function*({ domain, service }: Target, deadline: Deadline) {
      const { take } = yield* CallerBudget
      // POSH-SEC-12: over the budget, nothing is asked.
      if (dns === undefined || take() !== undefined) return undefined
      const question = { domain, service, domainPolicy: policy, deadline }
      return yield* Effect.provideService(observeService(question), SecureResolver, dns)
    })

    const lookUp = (
      target: Target,
      deadline: Deadline,
      options: AssociationOptions
    ): Effect.Effect<Found | undefined> => {
      const { refresh = false, tlsa = "report" } = options
      if (dane === undefined || tlsa === "omit") return Effect.succeed(undefined)
      if (tlsa === "observe") return observe(target, deadline)
      return Effect.map(dane.lookup(target, deadline, refresh), (lookup) => ({ lookup }))
    }

    return Effect.fn("Verifier.report")(function*(domain: string, service: string, options: AssociationOptions = {}) {
      const target = yield* Effect.fromResult(parseTarget({ domain, service }, policy))
      const deadline: Deadline = { ms: options.deadlineMs ?? deadlines.default }
      const resolve = resolver.resolve(target, {
        asked: yield* currentStamp,
        generations: options.generations ?? policy.generations,
        deadline,
        stage: untraced,
        ...(options.refresh === true ? { force: "refresh" as const } : {})
      })
      // Neither waits for the other, and both have the whole deadline.
      const [resolution, found] = yield* Effect.all([resolve, lookUp(target, deadline, options)], { concurrency: 2 })
      const now = yield* Clock.currentTimeMillis
      const report = toAssociationReport(target, resolution, now)
      if (found === undefined || policy.daneUsages === undefined) return report
      return {
        ...report,
        tlsa: toTlsaReport(found.lookup, policy.daneUsages, now),
        ...(found.facts === undefined ? {} : { dns: found.facts })
      }
    })
  })

interface Found {
  readonly lookup: ServiceLookup
  readonly facts?: DnsFacts
}
