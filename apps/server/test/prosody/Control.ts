/** Commands for a running Prosody, and their answers, over one connection (`mod_e2e_control`). */
import { Effect, Schedule } from "effect"
import { connect, type Socket } from "node:net"
import { createInterface } from "node:readline"

export interface Pinged {
  readonly ok: boolean
  readonly ms: number
  /** Of the error that came back instead. */
  readonly condition?: string
  readonly text?: string
}

export interface Done {
  readonly ok: boolean
  readonly error?: string
}

export class Control {
  readonly #socket: Socket
  readonly #waiting = new Map<string, (answer: never) => void>()
  #next = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    createInterface({ input: socket }).on("line", (line) => {
      const { id, ...answer } = JSON.parse(line) as { readonly id: string }
      this.#waiting.get(id)?.(answer as never)
      this.#waiting.delete(id)
    }).on("error", () => undefined)
  }

  /** Waits until Prosody listens; `failed` gives the log if it has ended. */
  static readonly connect = (port: number, failed: () => string | undefined) =>
    Effect.acquireRelease(
      Effect.callback<Socket, Error>((resume) => {
        const log = failed()
        if (log !== undefined) return resume(Effect.die(new Error(log)))
        const socket = connect(port, "127.0.0.1", () => resume(Effect.succeed(socket)))
        socket.on("error", (cause) => resume(Effect.fail(cause)))
      }).pipe(Effect.retry({ times: 1_200, schedule: Schedule.spaced("50 millis") }), Effect.orDie),
      (socket) => Effect.sync(() => socket.destroy())
    ).pipe(
      Effect.map((socket) => new Control(socket)),
      // Answered when all hosts are there: Prosody listens before.
      Effect.tap((control) => Effect.promise(() => control.stall()))
    )

  readonly #run = <A>(run: string, fields: Readonly<Record<string, unknown>> = {}): Promise<A> =>
    new Promise((resolve, reject) => {
      const id = String(this.#next++)
      this.#waiting.set(
        id,
        (answer: A & { readonly failed?: string }) =>
          answer.failed === undefined ? resolve(answer) : reject(new Error(`${run}: ${answer.failed}`))
      )
      this.#socket.write(`${JSON.stringify({ ...fields, id, run })}\n`)
    })

  /** Sends an IQ from a host of this server, and waits for the reply or an error. */
  readonly ping = (from: string, to: string, seconds = 30) => this.#run<Pinged>("ping", { from, to, seconds })

  /** How many pings of each `from to` have arrived from others. */
  readonly arrived = () => this.#run<Readonly<Record<string, number>>>("arrived")

  /** The states of all streams between a host of this server and a foreign one, sorted. */
  readonly streams = async (here: string, there: string) =>
    (await this.#run<{ readonly types: string }>("streams", { here, there })).types

  readonly close = (here: string, there: string) => this.#run("close", { here, there })

  /**
   * The most CPU time, in milliseconds, that Prosody spent before it came round to a timer, since the last such question; and all of
   * its life. CPU time, because a busy machine makes any process wait.
   */
  readonly stall = () => this.#run<{ readonly ms: number; readonly cpuMs: number }>("stall")

  /** Changes the configuration, as an edited file and `prosodyctl reload` do; null removes a setting. */
  readonly configure = (options: Readonly<Record<string, unknown>>) => this.#run("configure", { options })

  /** Logs a line. */
  readonly say = (text: string) => this.#run("say", { text })

  /** The settings of the module. */
  readonly options = () => this.#run<Readonly<Record<string, unknown>>>("options")

  readonly load = (module: string) => this.#run<Done>("load", { module })
  readonly unload = (module: string) => this.#run<Done>("unload", { module })
  readonly reload = (module: string) => this.#run<Done>("reload", { module })

  readonly heap = async () => (await this.#run<{ readonly octets: number }>("heap")).octets
}
