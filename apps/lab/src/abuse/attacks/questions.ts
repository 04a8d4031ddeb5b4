/** Asks too many questions, does not read the answers, or guesses keys. */
import type { Attack } from "../Attack.ts"
import { askAgain, askSlowly, counter, keep, post, questionAbout } from "../connections.ts"

const next = counter()
const fresh = () => questionAbout(`d${process.pid}x${next()}.example`, 1_000)
const thousand = (question: () => string) => `{"requests":[${Array.from({ length: 1_000 }, question).join()}]}`

export const neverReading: Attack = {
  title: "Answers not taken",
  description: "200 connections that ask batch after batch of 1,000 known questions with evidence, and read no answer",
  unit: "batches",
  run: ({ key, port, question }, signal, scale) => {
    const asked = JSON.stringify({ ...JSON.parse(question), explain: true })
    const batch = post(key, "/v1/verify/batch", thousand(() => asked))
    return keep(port, 200 * scale, signal, (socket, done) => {
      socket.pause()
      const timer = setInterval(() => socket.writableLength === 0 && (done(), socket.write(batch)), 100)
      socket.once("close", () => clearInterval(timer))
    })
  }
}

export const domains: Attack = {
  title: "Distinct domains",
  description: "100 connections that ask about ever new domains, none of which publishes anything",
  unit: "questions",
  run: ({ key, port }, signal, scale) =>
    keep(port, 100 * scale, signal, askAgain(() => post(key, "/v1/verify", fresh())))
}

export const batches: Attack = {
  title: "Batches of distinct domains",
  description: "8 connections that ask batch after batch of 1,000 new domains",
  unit: "batches",
  run: ({ key, port }, signal, scale) =>
    keep(port, 8 * scale, signal, askSlowly(50, () => post(key, "/v1/verify/batch", thousand(fresh))))
}

export const keys: Attack = {
  title: "Guessed keys",
  description: "100 connections that show made-up keys, a new one each time",
  unit: "requests",
  run: ({ port, question }, signal, scale) =>
    keep(
      port,
      100 * scale,
      signal,
      askAgain(() => post(`posh_${String(next()).padStart(43, "x")}`, "/v1/verify", question))
    )
}
