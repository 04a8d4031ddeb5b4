/**
 * The client as effects, over the same core.
 */
export type { ClientSettings } from "./ClientSettings.ts"
export type { ClientFaultCode } from "./faultCodes.ts"
export { ClientError } from "./faults.ts"
export { makeVerifyClient } from "./VerifyClient.ts"
export type { VerifyClient } from "./VerifyClient.ts"
export type { ClientAnswer, ClientFault, ClientQuestion } from "./VerifyResult.ts"
