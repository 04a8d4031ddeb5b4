import { assert, describe, it } from "@effect/vitest"
import { makeEpisodes } from "../../src/redis/connection/Episodes.ts"

type Step = readonly [at: number, event: string, isLogged: boolean]

/** `end`, or the cause of a fault. Seconds. */
const rows: Readonly<Record<string, ReadonlyArray<Step>>> = {
  "once, however often it is noted": [[0, "refused", true], [1, "refused", false], [500, "refused", false]],
  "again when its cause changes, and at its end": [[0, "closed", true], [2, "password", true], [9, "end", true]],
  "no end of what never began": [[0, "end", false]],
  "a new beginning": [[0, "closed", true], [20, "end", true], [21, "closed", true], [22, "end", true]],
  "what comes and goes, six times a minute at most": [
    [0, "closed", true],
    [1, "end", true],
    [2, "closed", false],
    [3, "end", false],
    [4, "closed", false],
    [11, "closed", true],
    [12, "end", true]
  ],
  "causes that alternate, once a minute each": [
    [0, "closed", true],
    [2, "password", true],
    [4, "closed", false],
    [6, "password", false],
    [59, "closed", false],
    [60, "password", false],
    [61, "closed", true],
    [62, "password", true]
  ],
  "what lasts after it was not logged": [[0, "closed", true], [1, "end", true], [2, "closed", false], [
    10,
    "closed",
    true
  ]]
}

describe("a fault that lasts is logged", () => {
  it.each(Object.entries(rows))("%s", (_, steps) => {
    const episodes = makeEpisodes()
    for (const [at, event, isLogged] of steps) {
      const logged = event === "end" ? episodes.end("one") : episodes.begin("one", event, at * 1_000)
      assert.strictEqual(logged, isLogged, `${event} at ${at}`)
      assert.isFalse(episodes.end("another"))
    }
  })
})
