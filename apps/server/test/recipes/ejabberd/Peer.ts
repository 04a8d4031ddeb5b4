/** Another XMPP server, of many domains: what it presents, and how it lies, depends on the domain. */
import type { Certificate } from "@posh/testing"
import { Effect } from "effect"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { auth, external, features, header, isHeader, proceed, starttls, Stream, success } from "./Stream.ts"

/** When it claims, by dialback, that all is well. */
export type Lie = "before TLS" | "before the check" | "without features"

export interface Served {
  readonly certificate: Certificate
  readonly lie?: Lie
  /** It takes nobody by SASL EXTERNAL, so that only dialback is left. */
  readonly refuses?: true
}

/** How a stream of ejabberd to this peer ended. */
export interface Outcome {
  readonly isSecured: boolean
  /** The peer got a stanza: ejabberd trusts it. */
  readonly isTrusted: boolean
}

/** How ejabberd answered a stream of this peer. */
export interface Answered {
  readonly external: "success" | "failure" | undefined
  readonly dialback?: string
}

export class Peer {
  readonly port: number
  readonly #domains: ReadonlyMap<string, Served>
  readonly #outcomes = new Map<string, PromiseWithResolvers<Outcome>>()
  /** The ids that ejabberd gave to streams of this peer. */
  readonly #ids = new Map<string, string>()

  private constructor(port: number, domains: ReadonlyMap<string, Served>) {
    this.port = port
    this.#domains = domains
  }

  static readonly make = Effect.fnUntraced(function*(domains: ReadonlyMap<string, Served>) {
    const sockets = new Set<Socket>()
    const server = createServer()
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          server.close()
          for (const socket of sockets) socket.destroy()
        })
    )
    const peer = new Peer((server.address() as AddressInfo).port, domains)
    server.on("connection", (socket: Socket) => {
      sockets.add(socket.on("error", () => undefined))
      void peer.#serve(new Stream(socket))
    })
    return peer
  })

  /** Of the first stream from one domain to another. */
  readonly outcomeOf = (from: string, to: string): Promise<Outcome> => this.#outcomeOf(from, to).promise

  readonly #outcomeOf = (from: string, to: string): PromiseWithResolvers<Outcome> => {
    const outcome = this.#outcomes.get(`${from} ${to}`) ?? Promise.withResolvers<Outcome>()
    this.#outcomes.set(`${from} ${to}`, outcome)
    return outcome
  }

  readonly #serve = async (stream: Stream): Promise<void> => {
    const opened = await stream.until(isHeader)
    const [here = "", there = ""] = ["to", "from"].map((name) =>
      new RegExp(`\\s${name}='([^']*)'`).exec(opened?.[0] ?? "")?.[1]
    )
    const served = this.#domains.get(here)
    if (served === undefined) return stream.end()
    const state = { isSecured: false }
    const isTrusted = await this.#negotiate(stream, here, there, served, () => (state.isSecured = true))
    this.#outcomeOf(there, here).resolve({ ...state, isTrusted })
    stream.end()
  }

  readonly #negotiate = async (
    stream: Stream,
    here: string,
    there: string,
    { certificate, lie, refuses }: Served,
    secured: () => void
  ): Promise<boolean> => {
    const hasStanza = (): Promise<boolean> => this.#answersDialback(stream, here, there)
    const claim = () => {
      const id = this.#ids.get(here) ?? "none"
      stream.write(`<db:result from='${here}' to='${there}' type='valid'/>`)
      stream.write(`<db:verify from='${here}' to='${there}' id='${id}' type='valid'/>`)
    }
    stream.write(header(here, there))
    if (lie === "before TLS") {
      claim()
      return hasStanza()
    }
    stream.write(features(starttls))
    if (await stream.until(/<starttls[^>]*>/) === undefined) return false
    stream.write(proceed)
    stream.secureAsServer(certificate)
    if (await stream.until(isHeader) === undefined) return false
    secured()
    stream.write(header(here, there, lie === "without features" ? "" : undefined))
    if (lie !== undefined) {
      claim()
      return hasStanza()
    }
    stream.write(features(refuses === true ? "" : external))
    if (refuses === true) return hasStanza()
    if (await stream.until(/<auth[^>]*>/) === undefined) return false
    stream.write(success)
    if (await stream.until(isHeader) === undefined) return false
    stream.write(header(here, there) + features())
    return hasStanza()
  }

  /** Says that every key is right, until a stanza comes. */
  readonly #answersDialback = async (stream: Stream, here: string, there: string): Promise<boolean> => {
    const got = await stream.until(/<message|<db:(result|verify)[^>]*>/)
    if (got === undefined || got[1] === undefined) return got !== undefined
    const id = /\sid='[^']*'/.exec(got[0])?.[0] ?? ""
    stream.write(`<db:${got[1]} from='${here}' to='${there}'${id} type='valid'/>`)
    return this.#answersDialback(stream, here, there)
  }

  /** Opens a stream as `from`, tries SASL EXTERNAL, and then dialback for `claimed`. */
  readonly open = async (
    port: number,
    from: string,
    to: string,
    certificate: Certificate | undefined,
    claimed: ReadonlyArray<string> = [from],
    /** The host of ejabberd that the claims are for. */
    receiver = to
  ): Promise<Answered> => {
    const stream = new Stream(connect(port, "127.0.0.1"))
    stream.write(header(from, to))
    await stream.until(/<starttls[^>]*>/)
    stream.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    await stream.until(/<proceed[^>]*>/)
    stream.secureAsClient(to, certificate)
    stream.write(header(from, to))
    const opened = await stream.until(isHeader)
    this.#ids.set(from, /\sid='([^']*)'/.exec(opened?.[0] ?? "")?.[1] ?? "none")
    await stream.until(/<\/stream:features>/)
    stream.write(auth(from))
    const answer = (await stream.until(/<(success|failure)\s/))?.[1] as Answered["external"]
    if (answer !== "failure") {
      stream.end()
      return { external: answer }
    }
    const results: Array<string> = []
    for (const name of claimed) {
      stream.write(`<db:result from='${name}' to='${receiver}'>0123456789</db:result>`)
      const result = await stream.until(/<db:result[^>]*type='(\w+)'|<stream:error><([\w-]+)/)
      results.push(result?.[1] ?? result?.[2] ?? "ended")
    }
    stream.end()
    return { external: answer, dialback: results.join(" ") }
  }
}
