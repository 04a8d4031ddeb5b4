/** Servers that answer the same questions in turn, round by round. */
import type { Effort } from "../Effort.ts"
import { measure, type Round, type Server } from "./servers.ts"

export interface Measured {
  readonly name: string
  readonly rounds: ReadonlyArray<Round>
}

/** Measures one server in one round. */
export type Measure = (server: Server, round: number) => Promise<Round>

/** In the order of the servers, which are warmed up before. */
export const compare = async (
  servers: ReadonlyArray<Server>,
  effort: Effort,
  measureOne: Measure = measureWith(effort)
): Promise<ReadonlyArray<Measured>> => {
  const all = servers.map((server) => ({ name: server.name, server, rounds: Array<Round>() }))
  for (let round = 1; round <= effort.rounds; round += 1) {
    for (const { rounds, server } of inTurn(all, round)) rounds.push(await measureOne(server, round))
  }
  return all.map(({ name, rounds }) => ({ name, rounds }))
}

/** As much as each can do, with other questions in every round, which are the same for all servers. */
export const measureWith = ({ connections, seconds }: Effort): Measure => (server, round) =>
  measure(server, { connections, seconds, seed: round })

/** Single questions, until the compiler has seen their way; none without seconds for it. */
export const warmUp = async (
  servers: ReadonlyArray<Server>,
  { connections, warmUpSeconds: seconds }: Effort
): Promise<void> => {
  if (seconds === 0) return
  for (const server of servers) await measure(server, { connections, seconds, seed: 0 })
}

/** Every round begins with another one, so that none is always the first. */
const inTurn = <A>(all: ReadonlyArray<A>, round: number): ReadonlyArray<A> => {
  const first = round % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}
