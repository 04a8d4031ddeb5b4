/** Started servers, warm, and one measurement of one of them. */
import type { Running } from "../../process.ts"
import type { Published } from "../fleet/Fleet.ts"
import type { LoadOptions, LoadResult } from "../load/Load.ts"
import { load } from "../load/run.ts"
import { makeObserver, type Observer } from "../subjects/Observation.ts"
import type { Subject } from "../subjects/Subject.ts"

export interface Server {
  readonly name: string
  readonly running: Running
  /** Silent unless the servers are observed. */
  readonly observer: Observer
  /** A file of requests that this server gets; of the fleet unless the subject has its own. */
  readonly requests: string
}

export interface StartOptions {
  readonly fleet: Published
  /** Whether the event loops and collectors are watched, which costs a little. Default false. */
  readonly isObserved?: boolean
}

/** Starts servers, hands them to `use`, and stops them however that ends. */
export const withServers = async <A>(
  subjects: ReadonlyArray<Subject>,
  { fleet, isObserved = false }: StartOptions,
  use: (servers: ReadonlyArray<Server>) => Promise<A>
): Promise<A> => {
  const servers: Array<Server> = []
  try {
    for (const { name, start } of subjects) {
      const observer = makeObserver()
      const running = await start(fleet, isObserved ? observer : undefined)
      servers.push({ name, running, observer, requests: fleet.requests })
    }
    return await use(servers)
  } finally {
    for (const { running } of servers) await running.stop()
  }
}

/** One server for some seconds. */
export interface Round extends LoadResult {
  readonly perSecond: number
  /** CPU time of the server for each answer. Linux only. */
  readonly cpuMicros: number
}

/** The text of an answer that vouches. */
export const verified = "\"verdict\":\"verified\""

/** A wrong answer ends the measurement. */
export const measure = async (
  { name, requests, running }: Server,
  options: Omit<LoadOptions, "port" | "requests" | "expect"> & Partial<Pick<LoadOptions, "requests" | "expect">>
): Promise<Round> => {
  const before = running.cpuSeconds()
  const result = await load({ requests, expect: verified, ...options, port: running.port })
  const cpuMicros = (running.cpuSeconds() - before) * 1e6 / result.answers
  if (result.wrong > 0) throw new Error(`${name}: ${result.wrong} of ${result.answers} answers were wrong`)
  return { ...result, perSecond: result.answers / result.seconds, cpuMicros }
}
