/**
 * The service as a separate process: the demo calls it over HTTP like any caller.
 */
import { Data, Deferred, Effect, Option, Schedule, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"

export interface ServiceOptions {
  /** PEM file with the root of the demo's origins. */
  readonly extraCaFile: string
  /** Addresses of the demo's origins, in the format of `POSH_CONNECT_TO`. */
  readonly connectTo: string
  /** PEM file with the public certificate authority of the demo. */
  readonly pkixRootsFile: string
  /** In the format of `POSH_DNSSEC_RESOLVER`. */
  readonly resolver: string
}

export class ServiceStartError extends Data.TaggedError("ServiceStartError")<{ readonly reason: string }> {
  override get message(): string {
    return `the service did not start: ${this.reason}`
  }
}

/** Starts the service and waits until it is ready; the scope stops it. Returns its URL. */
export const startService = Effect.fnUntraced(function*(options: ServiceOptions) {
  const child = yield* ChildProcess.make(process.execPath, [...nodeOptions, mainFile], {
    env: { ...withoutSettings(process.env), ...environment(options) },
    extendEnv: true,
    stdin: "ignore",
    detached: false, // in the process group of the terminal, so Ctrl-C reaches it
    forceKillAfter: "5 seconds"
  })
  const listening = yield* Deferred.make<string>()
  const errorLines: Array<string> = []
  // Drains both streams: a full pipe would block the service.
  yield* Effect.forkScoped(Stream.runForEach(linesOf(child.stdout), (line) => announce(listening, line)))
  yield* Effect.forkScoped(Stream.runForEach(linesOf(child.stderr), (line) => Effect.sync(() => errorLines.push(line))))

  const url = yield* Deferred.await(listening).pipe(
    Effect.raceFirst(
      Effect.flatMap(
        child.exitCode,
        (code) => new ServiceStartError({ reason: errorLines.join(" ") || `exit code ${code}` })
      )
    ),
    Effect.timeoutOrElse({
      duration: "20 seconds",
      orElse: () => new ServiceStartError({ reason: "it never said where it listens" })
    })
  )
  yield* untilReady(url)
  return url
})

const mainFile = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const nodeOptions = ["--disable-warning=ExperimentalWarning"]

const environment = ({ connectTo, extraCaFile, pkixRootsFile, resolver }: ServiceOptions) => ({
  POSH_PORT: "0", // a free port
  POSH_GRPC_PORT: "off",
  POSH_EXTRA_CA_FILE: extraCaFile,
  POSH_CONNECT_TO: connectTo,
  POSH_PKIX_ROOTS: pkixRootsFile,
  POSH_DNSSEC_RESOLVER: resolver,
  POSH_ALLOW_SPECIAL_USE_DOMAINS: "true", // the domains of the demo end in .example
  POSH_LOG_FORMAT: "json"
})

/** Unsets the `POSH_` variables of the user's environment. */
const withoutSettings = (env: NodeJS.ProcessEnv): Record<string, undefined> =>
  Object.fromEntries(Object.keys(env).filter((name) => name.startsWith("POSH_")).map((name) => [name, undefined]))

const linesOf = <E>(output: Stream.Stream<Uint8Array, E>) => output.pipe(Stream.decodeText(), Stream.splitLines)

const LogLine = Schema.fromJsonString(Schema.Struct({ message: Schema.String }))
const decodeLogLine = Schema.decodeUnknownOption(LogLine)

const announce = (listening: Deferred.Deferred<string>, line: string): Effect.Effect<void> => {
  const message = Option.getOrUndefined(decodeLogLine(line))?.message ?? ""
  const [, url] = /^listening on (http\S+)$/.exec(message) ?? []
  return url === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(listening, url))
}

const untilReady = (url: string) =>
  HttpClient.get(`${url}/health/ready`).pipe(
    Effect.flatMap(({ status }) =>
      status === 200 ? Effect.void : new ServiceStartError({ reason: `not ready, HTTP ${status}` })
    ),
    Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 100 })
  )
