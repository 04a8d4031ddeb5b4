/** Processes that listen, that become ready late, and that exit before they listen. */
import { assert, describe, it } from "@effect/vitest"
import { type Command, type Running, start, type StartOptions } from "../src/process.ts"

const program = (text: string): Command => [process.execPath, "--input-type=module", "--eval", text]

const server = program(`
  import { createServer } from "node:http"
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    response.writeHead(request.url === "/ready" && asked < 3 ? 503 : 200).end()
  })
  server.listen(0, "127.0.0.1", () => {
    console.log("settings: COLLECTOR=http://127.0.0.1:9")
    console.log("listening on http://127.0.0.1:" + server.address().port)
    process.send?.({ hello: Object.keys(process.env).filter((name) => !name.startsWith("NODE_")).sort() })
  })
`)

const withServer = async (options: StartOptions, use: (running: Running) => Promise<void>): Promise<void> => {
  const running = await start(server, options)
  await use(running).finally(running.stop)
}

describe("start", () => {
  it("reports port, CPU time and exit of a process", () =>
    withServer({}, async ({ cpuSeconds, isAlive, port, readyMs, stop }) => {
      assert.isAbove(port, 0)
      assert.isAbove(readyMs, 0)
      assert.isAtLeast(cpuSeconds(), 0)
      assert.isTrue(isAlive())
      await stop()
      assert.isFalse(isAlive())
      await stop() // again
    }))

  it("waits until it is ready", () =>
    withServer(
      { ready: "/ready" },
      async ({ port }) => assert.strictEqual((await fetch(`http://127.0.0.1:${port}/ready`)).status, 200)
    ))

  it("passes PATH and the given environment, and receives messages", async () => {
    const heard = Promise.withResolvers<unknown>()
    await withServer(
      { env: { OTHER: "1" }, onMessage: heard.resolve },
      async () => assert.deepStrictEqual(await heard.promise, { hello: ["OTHER", "PATH"] })
    )
  })

  it("rejects if the process exits before it listens", async () => {
    const ended = await start(program(`console.log("no port left"); process.exit(3)`)).then(
      () => "started",
      ({ message }: Error) => message
    )
    assert.strictEqual(ended, "exited with 3 before it listened: no port left\n")
  })
})
