/** One stanza from each of two domains to the other, and what became of both. */
import { Effect } from "effect"
import type { Pinged } from "./Control.ts"
import { LEFT, type World } from "./world.ts"

export interface Outcome {
  /** From `left.example`, and to it. */
  readonly out: Pinged
  readonly in: Pinged
  /** How many pings the other server got, in each direction, and the streams of the left server afterwards. */
  readonly arrived: { readonly out: number; readonly in: number }
  readonly streams: string
}

/** Both directions at the same time: each needs a stream of its own, and the left server judges the same certificate in both. */
export const exchange = ({ left, right }: World, domain: string): Effect.Effect<Outcome> =>
  Effect.promise(async () => {
    const [out, back] = await Promise.all([left.control.ping(LEFT, domain), right.control.ping(domain, LEFT)])
    const [atRight, atLeft] = await Promise.all([right.control.arrived(), left.control.arrived()])
    return {
      out,
      in: back,
      arrived: { out: atRight[`${LEFT} ${domain}`] ?? 0, in: atLeft[`${domain} ${LEFT}`] ?? 0 },
      streams: await left.control.streams(LEFT, domain)
    }
  })

/** No stanza is lost: it arrives once and is answered, or its sender gets an error. */
export const established = ({ arrived, in: back, out, streams }: Outcome) => ({
  answered: [out.ok, back.ok],
  arrived: [arrived.out, arrived.in],
  streams
})

export const through = { answered: [true, true], arrived: [1, 1], streams: "s2sin s2sout" }
export const refused = { answered: [false, false], arrived: [0, 0], streams: "" }

/** What the left server logged about a domain's certificate, without what precedes the reason. */
export const linesAbout = ({ left }: World, domain: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(left.log, (log) => {
    const name = ` certificate of ${domain}: `
    return log.split("\n").filter((line) => line.includes(name)).map((line) =>
      line.slice(line.indexOf(name) + name.length)
    )
  })

export const lastLineAbout = (world: World, domain: string) =>
  Effect.map(linesAbout(world, domain), (lines) => lines.at(-1) ?? "")

/** Closes all streams between them, and waits until they are. */
export const close = ({ left, right }: World, domain: string) =>
  Effect.promise(async () => {
    await Promise.all([left.control.close(LEFT, domain), right.control.close(domain, LEFT)])
  }).pipe(Effect.andThen(gone({ left, right }, domain)))

export const gone = ({ left, right }: Pick<World, "left" | "right">, domain: string) =>
  Effect.promise(async () => await left.control.streams(LEFT, domain) + await right.control.streams(domain, LEFT)).pipe(
    Effect.tap((open) => Effect.sleep(open === "" ? 0 : 20)),
    Effect.repeat({ until: (open) => open === "" }),
    Effect.timeoutOrElse({ duration: 60_000, orElse: () => Effect.die(new Error("the streams stay open")) })
  )

/** With other settings meanwhile. */
export const configured = <A>(
  { left }: World,
  options: Readonly<Record<string, unknown>>,
  meanwhile: Effect.Effect<A>
) =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      const all = await left.control.options()
      await left.control.configure(options)
      return Object.fromEntries(Object.keys(options).map((name) => [name, all[name] ?? null]))
    }),
    () => meanwhile,
    (before) => Effect.promise(() => left.control.configure(before))
  )
