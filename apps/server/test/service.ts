/**
 * The service over HTTP with any verifier, and a client that sends requests unchanged.
 */
import { Verifier } from "@posh/core"
import { Context, Effect, Layer, Logger, References, Result } from "effect"
import type { IpNetwork } from "effect/net"
import { Agent, type IncomingMessage, request } from "node:http"
import { request as requestOverTls, type RequestOptions } from "node:https"
import { Callers } from "../src/access/Callers.ts"
import { TrustedProxies } from "../src/access/forwarded/TrustedProxies.ts"
import type { Tls } from "../src/access/Tls.ts"
import { readSettings } from "../src/config/Config.ts"
import { type ConnectionSettings, layerConnections } from "../src/connections/Connections.ts"
import { GrpcListener } from "../src/grpc/listener/GrpcListener.ts"
import type { GrpcPlace } from "../src/grpc/listener/place.ts"
import * as grpc from "../src/grpc/serve.ts"
import { Listener, type ListenerSettings } from "../src/http/listener/Listener.ts"
import * as http from "../src/http/serve.ts"
import { Decider } from "../src/service/Decider.ts"
import { layerLimits, type LimitSettings } from "../src/service/limits/layer.ts"
import { Readiness } from "../src/service/Readiness.ts"

export interface TestRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** For a service over TLS: trusted CA and client certificate. */
  readonly tls?: Pick<RequestOptions, "ca" | "cert" | "key" | "servername">
}

export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly text: string
  /** The body, if it is JSON. */
  readonly json: unknown
}

export class Service extends Context.Service<Service, {
  readonly baseUrl: string
  /** Of gRPC, if it was asked for. */
  readonly grpcUrl: string | undefined
  readonly ask: (path: string, asked?: TestRequest) => Effect.Effect<Response>
  readonly post: (path: string, json: unknown) => Effect.Effect<Response>
}>()("posh/server/test/Service") {
  /** With a verifier. `Readiness` is provided, so that tests can change it. */
  static readonly layer = <E>(
    verifier: Layer.Layer<Verifier, E>,
    { callers = Callers.layerAnyone, grpc: hasGrpc = false, limits = {}, logger, tls }: {
      readonly callers?: Layer.Layer<Callers>
      /** Also over gRPC; as `true`, on a free port. Default false. */
      readonly grpc?: boolean | GrpcPlace
      readonly limits?: Partial<
        LimitSettings & ListenerSettings & ConnectionSettings & {
          readonly trustedProxies: ReadonlyArray<IpNetwork.IpNetwork>
        }
      >
      /** Gets the log, debug lines included. Default none. */
      readonly logger?: Logger.Logger<unknown, unknown>
      readonly tls?: Tls
    } = {}
  ) => {
    const settings = { ...Result.getOrThrow(readSettings({})), port: 0, ...limits }
    return Layer.effect(
      Service,
      Effect.map(Effect.all([Listener, GrpcListener]), ([{ url: baseUrl }, { url: grpcUrl }]) => {
        const ask = (path: string, asked: TestRequest = {}) => send(baseUrl, path, asked)
        return Service.of({ baseUrl, grpcUrl, ask, post: (path, json) => ask(path, jsonBody(json)) })
      })
    ).pipe(
      Layer.provide(http.layer),
      Layer.provideMerge(
        hasGrpc !== false
          ? Layer.orDie(grpc.layer(settings, { port: 0, isRequired: true, ...(hasGrpc === true ? {} : hasGrpc) }, tls))
          : Layer.empty
      ),
      Layer.provide(Layer.succeed(TrustedProxies, settings.trustedProxies)),
      Layer.provide([Decider.layer, callers]),
      Layer.provide(layerLimits(settings)),
      Layer.provide([Layer.orDie(Listener.layer(settings, tls)), verifier]),
      Layer.provide(layerConnections(settings)),
      // Tests cause defects, so there is no log by default.
      Layer.provide([
        Logger.layer(logger === undefined ? [] : [logger]),
        Layer.succeed(References.MinimumLogLevel, logger === undefined ? "Info" : "Debug")
      ]),
      Layer.provideMerge(Readiness.layer)
    )
  }
}

export const jsonBody = (json: unknown): TestRequest => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(json)
})

const agent = new Agent({ keepAlive: true, maxSockets: 32 })

const send = (baseUrl: string, path: string, { body, headers = {}, method = "GET", tls }: TestRequest) =>
  Effect.callback<Response>((resume) => {
    const { hostname, port, protocol } = new URL(baseUrl)
    const options = { hostname, port, path, method, headers }
    const open = (onResponse: (response: IncomingMessage) => void) =>
      protocol === "https:"
        ? requestOverTls({ ...options, ...tls }, onResponse)
        : request({ ...options, agent }, onResponse)
    const outgoing = open((response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8")
        const isJson = /json/.test(response.headers["content-type"] ?? "")
        const json: unknown = isJson && text !== "" ? JSON.parse(text) : undefined
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text, json }))
      })
    })
    outgoing.on("error", (cause) => resume(Effect.die(cause)))
    outgoing.end(body)
  })
