/**
 * The client with promises. No type of it is a type of `effect`.
 */
export type { ClientSettings } from "./ClientSettings.ts"
export { createClient } from "./createClient.ts"
export type { PromiseClient } from "./createClient.ts"
export type { ClientFaultCode } from "./faultCodes.ts"
export type { ClientAnswer, ClientFault, ClientQuestion, VerifyResult } from "./VerifyResult.ts"
