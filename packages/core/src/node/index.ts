/** Egress: HTTPS GET on Node.js, safe against strangers at both ends. */
export { type PemBlock, scanPem } from "../x509/pem.ts"
export { addressFault, parseNetworks } from "./AddressPolicy.ts"
export { type ConnectTo, type ConnectToEntry, parseConnectTo } from "./ConnectTo.ts"
export { EgressConfigError } from "./EgressConfigError.ts"
export type { EgressOptions } from "./EgressOptions.ts"
export * as HttpsFetcher from "./HttpsFetcher.ts"
export { parseProxy, type Proxy } from "./Proxy.ts"
export { cipherSuites } from "./TrustStore.ts"
