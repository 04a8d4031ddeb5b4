/**
 * What a Prosody module asks, in front of the real service: it records every question, and can misbehave for each domain. It
 * listens over TLS at a port that stays the same while it comes and goes.
 */
import { base64, type Certificate, freePort } from "@posh/testing"
import { Effect } from "effect"
import { createHash, X509Certificate } from "node:crypto"
import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { Socket } from "node:net"

export interface Question {
  readonly domain: string
  readonly service?: string
  readonly certificate?: string
  readonly chain?: ReadonlyArray<string>
}

export interface Exchange {
  readonly question: Question
  readonly response: ServerResponse
  /** An answer of yes to this very question, as the service gives it. */
  readonly yes: (changes?: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  /** Asks the real service, and passes its answer on. */
  readonly relay: () => Promise<void>
}

/** What happens to the questions about one domain. */
export type Conduct = (exchange: Exchange) => unknown

export class Front {
  readonly port: number
  /** In the order of their arrival. */
  readonly questions: Array<Question> = []
  readonly conducts = new Map<string, Conduct>()
  /** The most questions that were open at the same time. */
  mostOpen = 0
  #open = 0
  readonly #server
  readonly #sockets = new Set<Socket>()
  readonly #service: string

  private constructor(port: number, service: string, certificate: Certificate) {
    this.port = port
    this.#service = service
    this.#server = createServer(
      { cert: certificate.pem, key: certificate.keyPem },
      (request, response) => void this.#serve(request, response).catch(() => response.destroy())
    )
    this.#server.on("tlsClientError", () => undefined)
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket.on("error", () => undefined))
      socket.once("close", () => this.#sockets.delete(socket))
    })
  }

  static readonly make = (service: string, certificate: Certificate) =>
    Effect.acquireRelease(
      Effect.flatMap(freePort, (port) =>
        Effect.promise(async () => {
          const front = new Front(port, service, certificate)
          await front.come()
          return front
        })),
      (front) => Effect.promise(() => front.go())
    )

  readonly come = async (): Promise<void> => {
    this.#server.listen(this.port, "127.0.0.1")
    await once(this.#server, "listening")
  }

  /** From then on connections are refused; those that exist end. */
  readonly go = (): Promise<void> =>
    new Promise((resolve) => {
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })

  readonly present = (certificate: Certificate): void =>
    this.#server.setSecureContext({ cert: certificate.pem, key: certificate.keyPem })

  readonly countOf = (domain: string): number => this.questions.filter((question) => question.domain === domain).length

  readonly #serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    this.#open += 1
    this.mostOpen = Math.max(this.mostOpen, this.#open)
    response.once("close", () => this.#open -= 1)
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString("utf8")
    // Whoever follows a redirect finds a yes: it must not be believed.
    if (request.url !== "/v1/verify") return send(response, 200, toYes({ domain: "redirected.example" }))
    const question = JSON.parse(body) as Question
    this.questions.push(question)
    const conduct = this.conducts.get(question.domain) ?? (({ relay }: Exchange) => relay())
    await conduct({
      question,
      response,
      yes: (changes) => toYes(question, changes),
      relay: async () => {
        const { authorization = "", "content-type": type = "" } = request.headers
        const headers = { authorization, "content-type": type }
        const answer = await fetch(`${this.#service}/v1/verify`, { method: "POST", headers, body })
        response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
        response.end(await answer.text())
      }
    })
  }
}

export const send = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body))
}

export const leafOf = ({ certificate, chain }: Question): X509Certificate | undefined => {
  const text = certificate ?? chain?.[0]
  if (text === undefined) return undefined
  return new X509Certificate(text.includes("-----BEGIN") ? text : Buffer.from(text, "base64"))
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString()

const toYes = (question: Question, changes: Readonly<Record<string, unknown>> = {}) => {
  const leaf = leafOf(question)
  return {
    id: "019a0000-0000-7000-8000-000000000000",
    valid: true,
    verdict: "verified",
    code: "Verified",
    message: `${question.domain} vouches for this certificate (RFC 7711, entry 0, sha-256).`,
    domain: question.domain,
    service: "xmpp-server",
    prooftype: "posh",
    generation: "rfc7711",
    certificate: {
      sha256: base64(createHash("sha256").update(leaf?.raw ?? "").digest()),
      notBefore: inSeconds(-86_400),
      notAfter: inSeconds(86_400),
      datesChecked: true
    },
    validUntil: inSeconds(3_600),
    refreshAfter: inSeconds(2_880),
    ttl: 3_600,
    retryable: false,
    cache: "miss",
    ...changes
  }
}
