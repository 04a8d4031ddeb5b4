/**
 * Serves gRPC, gRPC-Web and Connect: the stages of a call, in order.
 */
import type { DescMethod } from "@bufbuild/protobuf"
import { type ConnectRouter, createConnectRouter } from "@connectrpc/connect"
import { compressionGzip } from "@connectrpc/connect-node"
import { Health, reflectionV1, reflectionV1Alpha, VerificationService } from "@posh/api/grpc"
import { Effect, Layer } from "effect"
import type { Tls } from "../access/Tls.ts"
import type { ListenError } from "../connections/listen.ts"
import { Limits } from "../service/limits/Limits.ts"
import { logAlways } from "../telemetry/logging.ts"
import { makeCallHandler } from "./adapter.ts"
import { type Encoding, gzipFor } from "./calls/inspectOf.ts"
import { callLimits, messageLimitOf } from "./calls/limits.ts"
import { makeFastLane } from "./fastLane.ts"
import { type Gate, gateOf, makeAdmit } from "./gate.ts"
import { Drain } from "./listener/Drain.ts"
import { GrpcListener, noListener } from "./listener/GrpcListener.ts"
import { type GrpcSettings, listen } from "./listener/listen.ts"
import type { GrpcPlace } from "./listener/place.ts"
import { makeSessions } from "./listener/Sessions.ts"
import { makeHealth } from "./services/health.ts"
import { makeReflection } from "./services/reflection.ts"
import { makeVerification } from "./services/verification.ts"
import { makeCallCount, makeCloseCount } from "./telemetry/calls.ts"

const served = [VerificationService, Health, reflectionV1.ServerReflection, reflectionV1Alpha.ServerReflection] as const

/** Serves while the layer exists. */
export const layer = (settings: GrpcSettings, { isRequired, port }: GrpcPlace, tls?: Tls) =>
  Layer.effect(GrpcListener)(Effect.gen(function*() {
    const { begin: beginDrain } = yield* Drain
    const { bodies } = yield* Limits
    const sessions = makeSessions({ keepAlive: settings.keepAlive, noteClosed: yield* makeCloseCount })
    const admit = yield* makeAdmit(settings.maxInFlight)
    const toRouter = yield* makeRouters(gateOf(admit))
    const fastLane = yield* makeFastLane(admit)
    const handle = makeCallHandler({
      routers: { proto: toRouter("proto"), json: toRouter("json") },
      fastLane,
      bodies,
      begin: sessions.begin,
      end: yield* makeCallCount
    })
    const listening = listen({ settings, port, tls, sessions, handle })
    const opened = isRequired ? yield* listening : yield* Effect.catch(listening, (error) => unbound(error))
    if (opened === undefined) return noListener
    const { renew, stop, url } = opened
    // Not as a URL: programs look for that of HTTP in what is printed.
    const { hostname, port: bound } = new URL(url)
    yield* logAlways(`gRPC on port ${bound} of ${hostname}`)
    return { url, renew, stop, drain: Effect.andThen(beginDrain, Effect.sync(sessions.retire)) }
  })).pipe(Layer.provide(Drain.layer))

const unbound = ({ message }: ListenError) =>
  Effect.as(Effect.logWarning(`${message}; there is no gRPC. Set POSH_GRPC_PORT to another port, or to off`), undefined)

/** One for each way in which messages are written: they are looked at before they are decoded. */
const makeRouters = (requestGate: Gate) =>
  Effect.gen(function*() {
    const verification = yield* makeVerification
    const health = yield* makeHealth(served.map(({ typeName }) => typeName))
    const serverReflectionInfo = makeReflection(served)
    const { method } = VerificationService
    return (encoding: Encoding): ConnectRouter => {
      const within = (called: DescMethod) => ({
        acceptCompression: [gzipFor(called, encoding)],
        readMaxBytes: messageLimitOf(`${called.parent.typeName}/${called.name}`)
      })
      const small = { acceptCompression: [compressionGzip], readMaxBytes: callLimits.smallMessage }
      return createConnectRouter({
        requestGate,
        // Answers are short, as on HTTP: compressing them would cost more than all else.
        compressMinBytes: 0xffff_ffff,
        jsonOptions: { ignoreUnknownFields: false }
      })
        .rpc(method.verify, verification.verify, within(method.verify))
        .rpc(method.batchVerify, verification.batchVerify, within(method.batchVerify))
        .rpc(method.verifyStream, verification.verifyStream, within(method.verifyStream))
        .rpc(method.getAssociation, verification.getAssociation, within(method.getAssociation))
        .rpc(method.lintDocument, verification.lintDocument, within(method.lintDocument))
        .rpc(method.generateDocument, verification.generateDocument, within(method.generateDocument))
        .service(Health, health, small)
        .service(reflectionV1.ServerReflection, { serverReflectionInfo }, small)
        .service(reflectionV1Alpha.ServerReflection, { serverReflectionInfo }, small)
    }
  })
