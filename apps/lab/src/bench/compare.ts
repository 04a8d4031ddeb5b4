/** Servers that answer the same questions in turn, round by round. */
import type { Running } from "../process.ts"
import type { Fleet } from "./fleet/Fleet.ts"
import type { LoadResult } from "./load/Load.ts"
import { load } from "./load/run.ts"
import type { Subject } from "./Subject.ts"

export interface Effort {
  readonly rounds: number
  /** Of one server in one round. */
  readonly seconds: number
  readonly connections: number
}

/** One server in one round. */
export interface Round extends LoadResult {
  readonly perSecond: number
  /** CPU time of the server for each answer. Linux only. */
  readonly cpuMicros: number
}

export interface Measured {
  readonly name: string
  readonly rounds: ReadonlyArray<Round>
}

/** In the order of the subjects. */
export const compare = async (
  subjects: ReadonlyArray<Subject>,
  fleet: Fleet,
  effort: Effort
): Promise<ReadonlyArray<Measured>> => {
  const servers: Array<Server> = []
  try {
    for (const subject of subjects) {
      servers.push({ name: subject.name, running: await subject.start(fleet), rounds: [] })
    }
    for (const server of servers) await measure(server, fleet, { ...effort, seconds: warmUpSeconds }, 0)
    for (let round = 1; round <= effort.rounds; round += 1) {
      for (const server of inTurn(servers, round)) server.rounds.push(await measure(server, fleet, effort, round))
    }
    return servers
  } finally {
    for (const { running } of servers) await running.stop()
  }
}

interface Server extends Measured {
  readonly running: Running
  readonly rounds: Array<Round>
}

/** Until the compiler has seen the way of a single question. */
const warmUpSeconds = 3

/** Every round begins with another one, so that none is always the first. */
const inTurn = <A>(all: ReadonlyArray<A>, round: number): ReadonlyArray<A> => {
  const first = round % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

const measure = async (
  { name, running }: Server,
  { requests }: Fleet,
  { connections, seconds }: Effort,
  seed: number
): Promise<Round> => {
  const before = running.cpuSeconds()
  const result = await load({ port: running.port, requests, connections, seconds, seed, expect })
  const cpuMicros = (running.cpuSeconds() - before) * 1e6 / result.answers
  if (result.wrong > 0) throw new Error(`${name}: ${result.wrong} of ${result.answers} answers were wrong`)
  return { ...result, perSecond: result.answers / result.seconds, cpuMicros }
}

const expect = "\"verdict\":\"verified\""
